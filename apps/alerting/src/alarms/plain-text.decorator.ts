import { HasNoFaults } from '@myelin/service-kit';

/** Text that a person wrote, of at most `maxLength` characters, that PostgreSQL takes: no NUL, no half characters. */
export function IsPlainText(maxLength: number): PropertyDecorator {
  const isPlain = (value: unknown): boolean =>
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= maxLength &&
    !value.includes('\0') &&
    value.isWellFormed();
  const detail = `must be a text of 1 to ${maxLength} characters`;
  return HasNoFaults((value) => (isPlain(value) ? [] : [{ path: [], detail }]));
}
