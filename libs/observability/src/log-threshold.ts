export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** From the most to the least talkative. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const satisfies readonly LogLevel[];

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

/** Below which level lines are not written; one for a logger and all its children, so it can change while they live. */
export class LogThreshold {
  #level: LogLevel;
  #rank: number;
  #untilMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param configured what it goes back to */
  constructor(readonly configured: LogLevel) {
    this.#level = configured;
    this.#rank = ranks[configured];
  }

  get level(): LogLevel {
    return this.#level;
  }

  /** When it goes back by itself, in milliseconds since 1970; undefined while it is as configured. */
  get untilMs(): number | undefined {
    return this.#untilMs;
  }

  lets(level: Exclude<LogLevel, 'silent'>): boolean {
    return ranks[level] >= this.#rank;
  }

  /** For so long; again from now when it was changed already. */
  change(level: LogLevel, forMs: number): void {
    this.reset();
    this.#set(level);
    this.#untilMs = Date.now() + forMs;
    this.#timer = setTimeout(() => this.reset(), forMs);
    this.#timer.unref();
  }

  reset(): void {
    clearTimeout(this.#timer);
    this.#untilMs = undefined;
    this.#set(this.configured);
  }

  #set(level: LogLevel): void {
    this.#level = level;
    this.#rank = ranks[level];
  }
}
