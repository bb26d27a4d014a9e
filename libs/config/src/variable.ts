/** What a parser says about one text: the value, or what was wrong with it (without the text itself). */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/**
 * One environment variable of a service: how its text becomes a value of type `T`, and how that value may be shown.
 * Made by the kinds (`text`, `port`, `duration` ...), never by hand.
 */
export interface Variable<T> {
  readonly name: string;
  /** In words, for problem messages: `a duration such as 5ms, 2s, 1m, 3h or 7d`. */
  readonly expected: string;
  /** Used as if it stood in the environment; absent = the variable must be set. */
  readonly fallback: string | undefined;
  /** True: not set means `undefined` and is no problem. */
  readonly optional: boolean;
  /** True: the text itself never appears in a problem. */
  readonly secret: boolean;
  /** True: `<name>_FILE` may name a file that holds the text. */
  readonly fromFile: boolean;
  parse(text: string): Parsed<T>;
  /** The only way a value gets into a redacted copy. */
  show(value: T): unknown;
}

export type DefaultValue = string | number | boolean;

/** `default`: the text taken when the variable is not set. */
export interface WithDefault<D extends DefaultValue = string> {
  readonly default?: D;
  readonly optional?: never;
}

/** `optional: true`: the value is `undefined` when the variable is not set. */
export interface Optional {
  readonly optional: true;
  readonly default?: never;
}

export type Presence<D extends DefaultValue = string> = WithDefault<D> | Optional;

/** The value type of a variable, given its options. */
export type ValueFor<T, O> = O extends { readonly optional: true } ? T | undefined : T;

export interface Kind<T> {
  readonly expected: string;
  readonly secret?: boolean;
  readonly fromFile?: boolean;
  parse(text: string): Parsed<T>;
  show?(value: T): unknown;
}

/** Joins a kind with a name and the options of one declaration. */
export function variable<T, O extends Presence<DefaultValue>>(
  name: string,
  kind: Kind<T>,
  options: O | undefined,
): Variable<ValueFor<T, O>> {
  const built: Variable<T> = {
    name,
    expected: kind.expected,
    fallback: options?.default === undefined ? undefined : String(options.default),
    optional: options?.optional ?? false,
    secret: kind.secret ?? false,
    fromFile: kind.fromFile ?? false,
    parse: (text) => kind.parse(text),
    show: (value) => (kind.show === undefined ? value : kind.show(value)),
  };
  return built as Variable<ValueFor<T, O>>;
}
