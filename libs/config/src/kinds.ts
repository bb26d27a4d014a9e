import { bytesExpected, durationExpected, parseBytes, parseDuration } from './units.js';
import { type Parsed, type Presence, type ValueFor, type Variable, variable } from './variable.js';

export interface TextOptions {
  /** The whole text must match. */
  readonly pattern?: RegExp;
  /** In words, for the problem message. */
  readonly expected?: string;
}

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Text as it stands. `<name>_FILE` may name a file with it (one trailing line break is dropped). */
export function text<const O extends Presence & TextOptions = object>(
  name: string,
  options?: O,
): Variable<ValueFor<string, O>> {
  if (secretLike.test(name)) throw new TypeError(`${name} sounds like a secret: declare it with secret()`);
  const expected = options?.expected ?? (options?.pattern ? `a text that matches ${options.pattern}` : 'a text');
  return variable(name, { expected, fromFile: true, parse: (raw) => matching(raw, options?.pattern) }, options);
}

/** Text that is never shown, neither in problems nor in the redacted copy. Also from `<name>_FILE`. */
export function secret<const O extends Presence & TextOptions = object>(
  name: string,
  options?: O,
): Variable<ValueFor<string, O>> {
  const kind = { expected: options?.expected ?? 'a secret text', secret: true, fromFile: true };
  return variable(
    name,
    { ...kind, parse: (raw: string) => matching(raw, options?.pattern), show: () => '(set)' },
    options,
  );
}

/** A whole number. */
export function integer<const O extends Presence<number> & Range = object>(
  name: string,
  options?: O,
): Variable<ValueFor<number, O>> {
  const expected = `a whole number${rangeInWords(options)}`;
  return variable(name, { expected, parse: (raw) => numeric(raw, /^-?\d{1,15}$/, options) }, options);
}

/** A number that may have decimals, e.g. a ratio. */
export function decimal<const O extends Presence<number> & Range = object>(
  name: string,
  options?: O,
): Variable<ValueFor<number, O>> {
  const expected = `a number${rangeInWords(options)}`;
  return variable(name, { expected, parse: (raw) => numeric(raw, /^-?\d+(\.\d+)?$/, options) }, options);
}

/** A TCP port to listen on; 0 = the system picks one. */
export function port<const O extends Presence<number> = object>(
  name: string,
  options?: O,
): Variable<ValueFor<number, O>> {
  const range = { min: 0, max: 65_535 };
  return variable(
    name,
    { expected: 'a port number, 0 to 65535', parse: (raw) => numeric(raw, /^\d{1,5}$/, range) },
    options,
  );
}

/** `true` or `false`. */
export function boolean<const O extends Presence<boolean> = object>(
  name: string,
  options?: O,
): Variable<ValueFor<boolean, O>> {
  const parse = (raw: string): Parsed<boolean> =>
    raw === 'true' || raw === 'false' ? { value: raw === 'true' } : { problem: 'is not true or false' };
  return variable(name, { expected: 'true or false', parse }, options);
}

/** One of the texts given. */
export function oneOf<const Choice extends string, const O extends Presence<NoInfer<Choice>> = object>(
  name: string,
  choices: readonly Choice[],
  options?: O,
): Variable<ValueFor<Choice, O>> {
  const parse = (raw: string): Parsed<Choice> => {
    const value = choices.find((choice) => choice === raw);
    return value === undefined ? { problem: 'is not one of the choices' } : { value };
  };
  return variable(name, { expected: `one of ${choices.join(', ')}`, parse }, options);
}

/** Texts separated by commas; spaces around them are dropped; at least one. */
export function list<const O extends Presence = object>(
  name: string,
  options?: O,
): Variable<ValueFor<readonly string[], O>> {
  const parse = (raw: string): Parsed<readonly string[]> => {
    const items = raw.split(',').map((item) => item.trim());
    return items.includes('') ? { problem: 'has an empty item' } : { value: items };
  };
  return variable(name, { expected: 'texts separated by commas', parse }, options);
}

export interface DurationOptions {
  readonly minMs?: number;
}

/** A duration in milliseconds, written with its unit: `5ms 2s 1m 3h 7d`. */
export function duration<const O extends Presence & DurationOptions = object>(
  name: string,
  options?: O,
): Variable<ValueFor<number, O>> {
  const { minMs = 0 }: DurationOptions = options ?? {};
  const parse = (raw: string): Parsed<number> => {
    const parsed = parseDuration(raw);
    return 'value' in parsed && parsed.value < minMs ? { problem: `is shorter than ${minMs}ms` } : parsed;
  };
  return variable(name, { expected: durationExpected, parse }, options);
}

/** A size in bytes, written with its unit: `100B 512KiB 64MiB 1GiB`. */
export function bytes<const O extends Presence = object>(name: string, options?: O): Variable<ValueFor<number, O>> {
  return variable(name, { expected: bytesExpected, parse: parseBytes }, options);
}

/** An absolute URL, kept as it was written. Shown without user info, query and fragment. */
export function url<const O extends Presence = object>(name: string, options?: O): Variable<ValueFor<string, O>> {
  const parse = (raw: string): Parsed<string> =>
    URL.canParse(raw) ? { value: raw } : { problem: 'is not an absolute URL' };
  return variable(name, { expected: 'an absolute URL', parse, show: withoutUserInfo, secret: true }, options);
}

/** Names that must be declared as secrets, so that a redacted copy stays one. */
const secretLike = /PASSWORD|PASSPHRASE|SECRET|TOKEN|PRIVATE_KEY|CREDENTIAL/i;

function matching(raw: string, pattern: RegExp | undefined): Parsed<string> {
  return pattern === undefined || pattern.test(raw) ? { value: raw } : { problem: 'does not have the right form' };
}

function numeric(raw: string, form: RegExp, range: Range | undefined): Parsed<number> {
  if (!form.test(raw)) return { problem: 'is not such a number' };
  const value = Number(raw);
  if (value < (range?.min ?? -Infinity)) return { problem: 'is too small' };
  if (value > (range?.max ?? Infinity)) return { problem: 'is too large' };
  return { value };
}

function rangeInWords(range: Range | undefined): string {
  const { min, max } = range ?? {};
  if (min !== undefined && max !== undefined) return `, ${min} to ${max}`;
  if (min !== undefined) return `, at least ${min}`;
  return max === undefined ? '' : `, at most ${max}`;
}

function withoutUserInfo(raw: string): string {
  const parsed = new URL(raw);
  parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  return parsed.href;
}
