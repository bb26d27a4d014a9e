/** Devices of a fleet are numbered from 1 on. @param nth from 0 on */
export function deviceName(prefix: string, nth: number): string {
  return `${prefix}-${String(nth + 1).padStart(6, '0')}`;
}
