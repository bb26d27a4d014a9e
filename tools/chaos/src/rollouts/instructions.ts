/** What a device was shown of an action: the same each time, or it is found out. */
export interface Instruction {
  readonly action: number;
  readonly device: string;
  readonly version: string;
  /** When it was there for the first time. */
  readonly firstShownMs: number;
  /** When the device asked for it the last time. */
  lastAskedMs: number;
}

/** What a device said that ends an action, or that it will not end it. */
export interface LastWord {
  readonly word: 'succeeded' | 'failed' | 'stopped' | 'refused-to-stop';
  /** Whether the service's answer reached the device; `lost`: it may have been taken. */
  readonly told: 'taken' | 'gone' | 'refused' | 'lost';
}

/** What devices were shown and what they said, written down on the device's side of the wire. */
export class Instructions {
  readonly #shown = new Map<number, Instruction>();
  readonly #words = new Map<number, LastWord[]>();
  /** The newest action of each device. */
  readonly #newest = new Map<string, number>();
  readonly #contradictions: string[] = [];
  repeatedReports = 0;
  lostAnswers = 0;

  get shown(): ReadonlyMap<number, Instruction> {
    return this.#shown;
  }

  /** What no device should ever have been shown, one sentence each. */
  get contradictions(): readonly string[] {
    return this.#contradictions;
  }

  wordsOf(action: number): readonly LastWord[] {
    return this.#words.get(action) ?? [];
  }

  /** @param askedMs when the device asked for it */
  shows(device: string, action: number, version: string, askedMs: number): void {
    const known = this.#shown.get(action);
    const newest = this.#newest.get(device) ?? 0;
    if (action < newest) this.#contradictions.push(`${device} was shown action ${action} after ${newest}`);
    this.#newest.set(device, Math.max(newest, action));
    const closing = this.wordsOf(action).find(({ word, told }) => told === 'taken' && word !== 'refused-to-stop');
    if (closing !== undefined)
      this.#contradictions.push(`${device} was shown action ${action} when its word was taken (${closing.word})`);
    if (known === undefined) {
      this.#shown.set(action, { action, device, version, firstShownMs: Date.now(), lastAskedMs: askedMs });
      return;
    }
    if (known.device !== device || known.version !== version) {
      const [before, now] = [`${known.device} ${known.version}`, `${device} ${version}`];
      this.#contradictions.push(`action ${action} means ${before} and ${now}`);
    }
    known.lastAskedMs = askedMs;
  }

  /** To update and to stop, at once. */
  showsBoth(device: string): void {
    this.#contradictions.push(`${device} was told to update and to stop at once`);
  }

  says(action: number, word: LastWord): void {
    this.#words.set(action, [...this.wordsOf(action), word]);
  }
}
