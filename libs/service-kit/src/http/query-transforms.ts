import { Transform } from 'class-transformer';

/** `true` or `false`; what is neither stays as it is and fails validation. */
export function Flag(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
}
