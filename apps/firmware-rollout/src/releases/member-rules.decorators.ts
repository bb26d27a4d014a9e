import { HasNoFaults, type LocatedFault } from '@myelin/service-kit';
import { Transform } from 'class-transformer';

/** Leaves JSON as it came: class-transformer would drop members such as `constructor`. */
export function AsItCame(): PropertyDecorator {
  return Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]);
}

/** A text of this form. */
export function Matching(pattern: string): PropertyDecorator {
  return HasNoFaults((value) => faultOf(isOfForm(value, pattern), [], `must match ${pattern}`));
}

/** An array of 1 to `maxItems` texts of this form, each once. */
export function ListOf(pattern: string, maxItems: number): PropertyDecorator {
  return HasNoFaults((value) =>
    faultsOfItems(value, maxItems, (item, path) => faultOf(isOfForm(item, pattern), path, `must match ${pattern}`)),
  );
}

/** Text that a person wrote, of 1 to `maxBytes` bytes in UTF-8, that PostgreSQL takes: no NUL, no half characters. */
export function WrittenText(maxBytes: number): PropertyDecorator {
  return HasNoFaults((value) => {
    const fits = isStorable(value) && value !== '' && Buffer.byteLength(value) <= maxBytes;
    return faultOf(fits, [], `must be a text of 1 to ${maxBytes} bytes`);
  });
}

/** An object whose members are texts of at most `maxLength` characters. */
export function TextMap(limits: { keyPattern: string; maxLength: number; maxMembers: number }): PropertyDecorator {
  const { keyPattern, maxLength, maxMembers } = limits;
  return HasNoFaults((value) => {
    if (!isObject(value)) return faultOf(false, [], 'must be an object');
    const entries = Object.entries(value);
    if (entries.length > maxMembers) return faultOf(false, [], `may have ${maxMembers} members at most`);
    return entries.flatMap(([key, member]) => [
      ...faultOf(isOfForm(key, keyPattern), [key], `is named by what does not match ${keyPattern}`),
      ...faultOf(
        isStorable(member) && member.length <= maxLength,
        ...([[key], `must be a text of at most ${maxLength} characters`] as const),
      ),
    ]);
  });
}

/** An array of 1 to `maxItems` objects that have exactly these members, texts of their forms; `unique` is another in each. */
export function ListOfObjects<Member extends string>(
  forms: Readonly<Record<Member, string>>,
  unique: NoInfer<Member>,
  maxItems: number,
): PropertyDecorator {
  const names = Object.keys(forms) as Member[];
  return HasNoFaults((value) =>
    faultsOfItems(value, maxItems, (item, path, earlier) => {
      if (!isObject(item)) return faultOf(false, path, 'must be an object');
      const isTaken = earlier.some((other) => isObject(other) && other[unique] === item[unique]);
      return [
        ...Object.keys(item)
          .filter((name) => !names.includes(name as Member))
          .map((name) => ({
            path: [...path, name.slice(0, 64)],
            detail: `is not known; known are ${names.join(', ')}`,
          })),
        ...names.flatMap((name) =>
          faultOf(isOfForm(item[name], forms[name]), [...path, name], `must match ${forms[name]}`),
        ),
        ...faultOf(!isTaken, [...path, unique], 'is the same as of another'),
      ];
    }),
  );
}

type ItemFaults = (item: unknown, path: readonly string[], earlier: readonly unknown[]) => readonly LocatedFault[];

function faultsOfItems(value: unknown, maxItems: number, faultsOfItem: ItemFaults): readonly LocatedFault[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxItems)
    return faultOf(false, [], `must be an array of 1 to ${maxItems}`);
  const items = value as readonly unknown[];
  return items.flatMap((item, index) => faultsOfItem(item, [String(index)], items.slice(0, index)));
}

function faultOf(fits: boolean, path: readonly string[], detail: string): readonly LocatedFault[] {
  return fits ? [] : [{ path, detail }];
}

function isOfForm(value: unknown, pattern: string): boolean {
  return typeof value === 'string' && new RegExp(pattern).test(value);
}

function isStorable(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
