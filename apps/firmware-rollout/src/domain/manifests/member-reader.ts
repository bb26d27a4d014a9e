import type { ManifestFault } from './manifest-fault.js';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** Reads members of the manifest one after the other; whatever is wrong is a fault at its place. Members are required. */
export class MemberReader {
  private constructor(
    private readonly members: Readonly<Record<string, unknown>>,
    private readonly pointer: string,
    private readonly faults: ManifestFault[],
  ) {}

  /** Members that are not named in `known` are faults: nothing that is signed is ignored. */
  static of(value: unknown, pointer: string, faults: ManifestFault[], known: readonly string[]): MemberReader {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const reader = new MemberReader(isObject ? (value as Record<string, unknown>) : {}, pointer, faults);
    if (!isObject) reader.#add(pointer, 'must be an object');
    for (const name of Object.keys(reader.members))
      reader.expect(known.includes(name), name.slice(0, 64), `is not known; known are ${known.join(', ')}`);
    return reader;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.members, name);
  }

  expect(holds: boolean, name: string, detail: string): boolean {
    if (!holds) this.#add(`${this.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail);
    return holds;
  }

  text(name: string, form: RegExp): string {
    const value = this.#get(name);
    return this.expect(isText(value, form), name, `must match ${form.source}`) ? (value as string) : '';
  }

  integer(name: string, { min, max }: { readonly min: number; readonly max: number }): number {
    const value = this.#get(name);
    const fits = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    return this.expect(fits, name, `must be a whole number from ${min} to ${max}`) ? (value as number) : 0;
  }

  /** RFC 3339 in UTC. NaN where it is none. */
  instantMs(name: string): number {
    const value = this.#get(name);
    const ms = isText(value, instant) ? Date.parse(value) : Number.NaN;
    const isDay = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith((value as string).slice(0, 10));
    this.expect(isDay, name, 'must be a date and time in UTC, e.g. 2026-11-27T09:00:00Z');
    return isDay ? ms : Number.NaN;
  }

  texts(name: string, maxItems: number, form: RegExp): string[] {
    const detail = `must match ${form.source}`;
    return this.#items(name, maxItems).map((item, index) => {
      const fits = isText(item, form);
      if (!fits) this.#add(`${this.pointer}/${name}/${index}`, detail);
      return fits ? item : '';
    });
  }

  objects<T>(name: string, maxItems: number, known: readonly string[], item: (read: MemberReader) => T): T[] {
    return this.#items(name, maxItems).map((value, index) =>
      item(MemberReader.of(value, `${this.pointer}/${name}/${index}`, this.faults, known)),
    );
  }

  #items(name: string, maxItems: number): readonly unknown[] {
    const value = this.#get(name);
    const fits = Array.isArray(value) && value.length > 0 && value.length <= maxItems;
    return this.expect(fits, name, `must be an array of 1 to ${maxItems}`) ? (value as readonly unknown[]) : [];
  }

  #get(name: string): unknown {
    return this.has(name) ? this.members[name] : undefined;
  }

  #add(pointer: string, detail: string): void {
    this.faults.push({ code: 'manifest-malformed', pointer, detail });
  }
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}
