import type { Problems } from './problems.js';

/** Reads one member after the other out of JSON that anybody may have written; says at which pointer what is wrong. */
export class JsonReader {
  private constructor(
    private readonly members: Readonly<Record<string, unknown>>,
    readonly pointer: string,
    readonly problems: Problems,
  ) {}

  /** Members that are not named in `known` are a problem: a misspelt one must not be ignored. */
  static of(value: unknown, pointer: string, problems: Problems, known: readonly string[]): JsonReader {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    problems.expect(isObject, pointer, 'must be an object');
    const members = isObject ? (value as Record<string, unknown>) : {};
    for (const name of Object.keys(members)) {
      problems.expect(known.includes(name), pointerTo(pointer, name), `is not known; known are ${known.join(', ')}`);
    }
    return new JsonReader(members, pointer, problems);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.members, name) && this.members[name] !== undefined;
  }

  get(name: string): unknown {
    return this.has(name) ? this.members[name] : undefined;
  }

  at(name: string): string {
    return pointerTo(this.pointer, name);
  }

  text(name: string, limits: { readonly min?: number; readonly max: number }): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const { min = 1, max } = limits;
    const fits = isText(value, min, max);
    this.problems.expect(fits, this.at(name), `must be a text of ${min} to ${max} characters`);
    return fits ? value : undefined;
  }

  requiredText(name: string, limits: { readonly min?: number; readonly max: number }): string {
    this.problems.expect(this.has(name), this.at(name), 'is required');
    return this.text(name, limits) ?? '';
  }

  integer(name: string, limits: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const { min, max } = limits;
    const fits = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    this.problems.expect(fits, this.at(name), `must be a whole number from ${min} to ${max}`);
    return fits ? (value as number) : undefined;
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    this.problems.expect(typeof value === 'boolean', this.at(name), 'must be true or false');
    return value === true;
  }

  /** Empty when absent; items behind `maxItems` are a problem and are not looked at. */
  list<T>(name: string, maxItems: number, item: (value: unknown, pointer: string) => T): T[] {
    const value = this.get(name);
    if (value === undefined) return [];
    if (!this.problems.expect(Array.isArray(value), this.at(name), 'must be an array')) return [];
    const items = value as readonly unknown[];
    this.problems.expect(items.length <= maxItems, this.at(name), `may have ${maxItems} items at most`);
    return items.slice(0, maxItems).map((each, index) => item(each, `${this.at(name)}/${index}`));
  }

  texts(name: string, maxItems: number, max: number): string[] {
    return this.list(name, maxItems, (value, pointer) => {
      const fits = isText(value, 1, max);
      this.problems.expect(fits, pointer, `must be a text of 1 to ${max} characters`);
      return fits ? value : '';
    });
  }
}

/** PostgreSQL's text has no NUL, and UTF-8 no half characters. */
function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max && !/[\0\p{Cs}]/u.test(value);
}

/** RFC 6901. */
function pointerTo(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
