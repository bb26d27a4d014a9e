/** Storage classes; the numbers are what tables hold. Of `summary`, rollups of hours and days outlive the rows. */
export const retentionClassCodes = { short: 0, standard: 1, long: 2, summary: 3 } as const;
export type RetentionClassName = keyof typeof retentionClassCodes;
export type RetentionClassCode = 0 | 1 | 2 | 3;

export const dayMs = 86_400_000;
/** Days kept beside the day of measuring itself. The database's function `kept_days` says the same. */
export const keptDays: readonly [short: number, standard: number, long: number, summary: number] = [7, 90, 1_826, 30];
/** The same of rollups of hours and days; the database's function is `rollup_kept_days`. */
export const rollupKeptDays: typeof keptDays = [7, 90, 1_826, 1_826];
/** Partitions are there this many days before they are needed. */
export const daysAhead = 7;

export const retentionClassNames: readonly RetentionClassName[] = ['short', 'standard', 'long', 'summary'];

export function retentionClassCode(name: string): RetentionClassCode | undefined {
  return Object.hasOwn(retentionClassCodes, name) ? retentionClassCodes[name as RetentionClassName] : undefined;
}

/** Days since the epoch, UTC. */
export function dayOf(instantMs: number): number {
  return Math.floor(instantMs / dayMs);
}

/** A day is over when all of it is older than the class is kept: from then on its partition may be dropped. */
export function isOver(day: number, retentionClass: RetentionClassCode, nowMs: number): boolean {
  return (day + 1 + keptDays[retentionClass]) * dayMs <= nowMs;
}

/** Bits of the classes of which a day is not over. */
export function keptClasses(day: number, nowMs: number): number {
  const kept = classesOf(0b1111).filter((code) => !isOver(day, code, nowMs));
  return kept.reduce<number>((bits, code) => bits | classBit(code), 0);
}

/** The same of rollups of hours and days. Only of `summary` do they outlive their rows. */
export function areRollupsOver(day: number, retentionClass: RetentionClassCode, nowMs: number): boolean {
  return (day + 1 + rollupKeptDays[retentionClass]) * dayMs <= nowMs;
}

/** Of copies of one measurement in different classes, the row ends in the one that is kept longest. */
export function longerClass(left: RetentionClassCode, right: RetentionClassCode): RetentionClassCode {
  return keptDays[right] > keptDays[left] ? right : left;
}

/** No partition is ever made for such a day; the edge refuses times that are more than five minutes ahead. */
export function isBeyondHorizon(day: number, nowMs: number): boolean {
  return day > dayOf(nowMs) + daysAhead;
}

/** `2026-11-23` */
export function dayName(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The set of classes as bits, as kept per device. */
export function classBit(retentionClass: RetentionClassCode): number {
  return 1 << retentionClass;
}

export function classesOf(bits: number): RetentionClassCode[] {
  return ([0, 1, 2, 3] as const).filter((code) => (bits & classBit(code)) !== 0);
}
