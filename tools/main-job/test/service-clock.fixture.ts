import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const preload = new URL('service-clock.preload.mjs', import.meta.url);

/** The wall clock of a service that runs as a process. */
export class ServiceClock {
  readonly #folder = mkdtempSync(join(tmpdir(), 'clock-'));
  readonly #file = join(this.#folder, 'ahead-ms');

  constructor() {
    this.goAhead(0);
  }

  /** What the process needs in its environment. */
  get env(): Record<string, string> {
    return { NODE_OPTIONS: `--import=${preload.href}`, SERVICE_CLOCK_FILE: this.#file };
  }

  /** Of everybody else's; 0 = right. */
  goAhead(aheadMs: number): void {
    writeFileSync(`${this.#file}.new`, String(aheadMs));
    renameSync(`${this.#file}.new`, this.#file);
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
