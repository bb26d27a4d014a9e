import { randomBytes } from 'node:crypto';

/** Lower-case letters and digits, begins with a letter: fits topics, groups, schemas and roles alike. */
export function randomName(prefix = 't'): string {
  const number = BigInt(`0x${randomBytes(8).toString('hex')}`);
  return `${prefix}${number.toString(36)}`;
}
