/** What is wrong with one parameter. `pointer` is a JSON pointer (RFC 6901) into the parameters. */
export interface ParameterFault {
  readonly pointer: string;
  readonly problem: string;
}

export interface NumberParameter {
  readonly kind: 'number';
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  readonly whole: boolean;
  /** Undefined: it has to be given. */
  readonly default?: number;
  readonly means: string;
}
export interface OptionalParameter extends Omit<NumberParameter, 'kind'> {
  readonly kind: 'optional-number';
}
export interface ChoiceParameter<Choice extends string = string> {
  readonly kind: 'choice';
  readonly choices: readonly Choice[];
  readonly default: Choice;
  readonly means: string;
}
export type Parameter = NumberParameter | OptionalParameter | ChoiceParameter;
export type Parameters = Readonly<Record<string, Parameter>>;

export type ValuesOf<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends ChoiceParameter<infer Choice>
    ? Choice
    : P[Name] extends OptionalParameter
      ? number | undefined
      : number;
};

interface Bounds {
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  readonly whole?: boolean;
  readonly default?: number;
}

export function number(bounds: Bounds, means: string): NumberParameter {
  return { kind: 'number', whole: false, ...bounds, means };
}

/** A whole number of milliseconds, up to ten years. */
export function duration(means: string, defaultMs?: number): NumberParameter {
  const bounds = { unit: 'ms', from: 1, to: 315_576_000_000, whole: true };
  return number(defaultMs === undefined ? bounds : { ...bounds, default: defaultMs }, means);
}

export function optional(parameter: NumberParameter): OptionalParameter {
  return { ...parameter, kind: 'optional-number' };
}

export function choice<Choice extends string>(
  choices: readonly Choice[],
  standard: Choice,
  means: string,
): ChoiceParameter<Choice> {
  return { kind: 'choice', choices, default: standard, means };
}

/** Parameters as they were given, checked and with their defaults; every fault is listed, not just the first. */
export function readParameters<P extends Parameters>(
  declared: P,
  given: unknown,
): { readonly values: ValuesOf<P> } | { readonly faults: readonly ParameterFault[] } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { faults: [{ pointer: '', problem: 'must be an object' }] };
  }
  const faults: ParameterFault[] = [];
  for (const name of Object.keys(given).filter((each) => !Object.hasOwn(declared, each))) {
    const problem = `is not known; there are ${Object.keys(declared).join(', ')}`;
    faults.push({ pointer: pointerTo(name), problem });
  }
  const values: Record<string, number | string | undefined> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const value = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
    const problem = problemOf(parameter, value);
    if (problem !== undefined) faults.push({ pointer: pointerTo(name), problem });
    values[name] = (value as number | string | undefined) ?? parameter.default;
  }
  return faults.length > 0 ? { faults } : { values: values as ValuesOf<P> };
}

function problemOf(parameter: Parameter, value: unknown): string | undefined {
  if (value === undefined) {
    const isNeeded = parameter.kind === 'number' && parameter.default === undefined;
    return isNeeded ? `is needed: ${wanted(parameter)}` : undefined;
  }
  if (parameter.kind === 'choice') {
    return parameter.choices.includes(value as string) ? undefined : `must be ${wanted(parameter)}`;
  }
  const { from, to, whole } = parameter;
  const fits = typeof value === 'number' && value >= from && value <= to && (!whole || Number.isInteger(value));
  return fits ? undefined : `must be ${wanted(parameter)}`;
}

function wanted(parameter: Parameter): string {
  if (parameter.kind === 'choice') return `one of ${parameter.choices.join(', ')}`;
  const { whole, from, to, unit } = parameter;
  return `a ${whole ? 'whole ' : ''}number from ${from} to ${to} (${unit})`;
}

function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
