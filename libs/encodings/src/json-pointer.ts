/** Longer names are left out of pointers: a name can be as long as the body, an answer is not. */
const maxNameLength = 128;

/** RFC 6901. Ends at the object that holds a name which is too long to be repeated. */
export function jsonPointer(path: readonly (string | number)[]): string {
  let pointer = '';
  for (const step of path) {
    if (typeof step === 'string' && step.length > maxNameLength) break;
    pointer += `/${typeof step === 'string' ? step.replaceAll('~', '~0').replaceAll('/', '~1') : step}`;
  }
  return pointer;
}

/** The steps of a pointer that {@link jsonPointer} or a validator made; numbers stay text. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
