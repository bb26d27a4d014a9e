import { readFileSync } from 'node:fs';
import { ConfigError, type ConfigProblem } from './config.errors.js';
import type { Variable } from './variable.js';

/** Variables by the name that the code uses for them. */
export type ConfigSchema = Readonly<Record<string, Variable<unknown>>>;

/** The object that {@link loadConfig} gives for a schema. */
export type ConfigOf<S extends ConfigSchema> = {
  readonly [K in keyof S]: S[K] extends Variable<infer T> ? T : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Declares a service's configuration. Checked at once: each variable is declared once and each default is valid.
 * @throws TypeError for a mistake in the declaration itself
 */
export function defineConfig<const S extends ConfigSchema>(schema: S): S {
  const seen = new Set<string>();
  for (const variable of Object.values(schema)) {
    if (seen.has(variable.name)) throw new TypeError(`${variable.name} is declared twice`);
    seen.add(variable.name);
    if (variable.fallback !== undefined && 'problem' in variable.parse(variable.fallback)) {
      throw new TypeError(`the default of ${variable.name} is not ${variable.expected}`);
    }
  }
  return schema;
}

/**
 * Reads every variable of the schema from `env`. An empty variable counts as not set.
 * Values: durations in milliseconds, sizes in bytes. The result is frozen.
 * @throws ConfigError config.invalid with all problems together
 */
export function loadConfig<S extends ConfigSchema>(schema: S, env: Environment): ConfigOf<S> {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, variable] of Object.entries(schema)) {
    const outcome = read(variable, env);
    if ('problem' in outcome) problems.push(outcome.problem);
    else values[key] = outcome.value;
  }
  if (problems.length > 0) throw ConfigError.of(problems);
  return Object.freeze(values) as ConfigOf<S>;
}

/**
 * A copy for logs. Allow-list: only keys of the schema appear, each through its kind; a secret only as `(set)`,
 * a URL without user info, query and fragment.
 */
export function redactedConfig<S extends ConfigSchema>(schema: S, config: ConfigOf<S>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [key, variable] of Object.entries(schema)) {
    const value: unknown = config[key];
    shown[key] = value === undefined ? undefined : variable.show(value);
  }
  return shown;
}

type Outcome = { readonly value: unknown } | { readonly problem: ConfigProblem };

function read(variable: Variable<unknown>, env: Environment): Outcome {
  const fault = (problem: string, name = variable.name): Outcome => ({
    problem: { variable: name, problem, expected: variable.expected },
  });
  const direct = env[variable.name] || undefined;
  const fileName = `${variable.name}_FILE`;
  const file = variable.fromFile ? env[fileName] || undefined : undefined;
  if (direct !== undefined && file !== undefined) return fault(`and ${fileName} are both set`);
  let text = direct;
  if (file !== undefined) {
    const content = readText(file);
    if (typeof content !== 'string') return fault(`cannot be read (${content.code})`, fileName);
    if (content === '') return fault('names an empty file', fileName);
    text = content;
  }
  text ??= variable.fallback;
  if (text === undefined) return variable.optional ? { value: undefined } : fault('is not set');
  const parsed = variable.parse(text);
  if ('value' in parsed) return parsed;
  const found = variable.secret ? '' : ` (found ${JSON.stringify(text.slice(0, 100))})`;
  return fault(parsed.problem + found, file === undefined ? variable.name : fileName);
}

/** The file's text without one trailing line break, as editors and secret mounts leave it. */
function readText(file: string): string | { readonly code: string } {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    return { code: (cause as NodeJS.ErrnoException).code ?? 'unknown' };
  }
}
