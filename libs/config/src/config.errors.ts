import { CodedError } from '@myelin/kernel';

/** One thing wrong with one environment variable. Never carries a secret's value. */
export interface ConfigProblem {
  /** The environment variable, e.g. `HTTP_PORT` or `DATABASE_URL_FILE`. */
  readonly variable: string;
  /** What was found, e.g. `is not set` or `is "80x"`. */
  readonly problem: string;
  /** What would have been right, e.g. `a port number, 0 to 65535`. */
  readonly expected: string;
}

/** `config.invalid`: every problem of one load together, in {@link problems} and as lines of the message. */
export class ConfigError extends CodedError<'config.invalid'> {
  get problems(): readonly ConfigProblem[] {
    return (this.details['problems'] ?? []) as readonly ConfigProblem[];
  }

  static of(problems: readonly ConfigProblem[]): ConfigError {
    const lines = problems.map(({ variable, problem, expected }) => `  ${variable} ${problem}; expected ${expected}`);
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    return ConfigError.permanent('config.invalid', `the configuration has ${count}:\n${lines.join('\n')}`, {
      details: { problems },
    });
  }
}
