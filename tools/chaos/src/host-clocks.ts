import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@myelin/main-job';

const preload = new URL('../dist/preload/shifted-clock.js', import.meta.url);

/** The wall clocks of the services' processes, all instances of a service alike. */
export class HostClocks {
  constructor(private readonly folder: string) {}

  /** What a service's process needs in its environment. */
  env(service: ServiceName): Record<string, string> {
    return { NODE_OPTIONS: `--import=${preload.href}`, CHAOS_CLOCK_FILE: this.#file(service) };
  }

  /** 0 = right. */
  shift(service: ServiceName, offsetMs: number): void {
    const file = this.#file(service);
    writeFileSync(`${file}.new`, String(offsetMs));
    renameSync(`${file}.new`, file);
  }

  #file(service: ServiceName): string {
    return join(this.folder, `${service}.clock`);
  }
}
