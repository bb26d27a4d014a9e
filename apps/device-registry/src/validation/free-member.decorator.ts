import { Transform } from 'class-transformer';

/** Leaves free JSON as it came: class-transformer would drop members such as `constructor`. */
export function FreeMember(): PropertyDecorator {
  return Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]);
}
