import type { Checked } from './image/image-facts.js';

/** A line per check, and the sum at the end. What was expected and did not come to be checked has failed, too. */
export class Report {
  #passed = 0;
  #failed = 0;

  constructor(
    private readonly print: (line: string) => void,
    private readonly signal: AbortSignal,
  ) {}

  get failed(): number {
    return this.#failed;
  }

  add(subject: string, checked: readonly Checked[]): void {
    for (const [name, problem] of checked) {
      if (problem === undefined) this.#passed += 1;
      else this.#failed += 1;
      const why = problem === undefined ? '' : `: ${problem}`;
      this.print(`${problem === undefined ? 'ok' : 'FAILED'} ${subject}: ${name}${why}`);
    }
  }

  /**
   * @returns whether it could be done to its end, as the parts behind it may need to know
   * @throws the reason of the signal when that was aborted: an interruption is no finding
   */
  async part(subject: string, name: string, work: () => Promise<readonly Checked[]>): Promise<boolean> {
    try {
      this.add(subject, await work());
      return true;
    } catch (error) {
      this.signal.throwIfAborted();
      this.add(subject, [[name, error instanceof Error ? error.message : String(error)]]);
      return false;
    }
  }

  sum(): string {
    return `${this.#passed} passed, ${this.#failed} failed`;
  }
}
