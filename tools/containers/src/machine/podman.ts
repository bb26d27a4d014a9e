import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type StorageDriver, storageDriverIn } from './storage-driver.js';
import { type ProgramOptions, type ProgramResult, runProgram } from './run-program.js';

const usualTimeoutMs = 60_000;

/**
 * Podman with a store and settings of its own, all below one folder: what this machine has of images and containers is neither
 * seen nor changed. `runc` and `cgroupfs` because they work on machines without systemd, too.
 */
export class Podman {
  private constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly signal: AbortSignal,
  ) {}

  static async in(folder: string, signal: AbortSignal): Promise<Podman> {
    const [temporary, settings, store] = ['tmp', 'containers.conf', 'storage.conf'].map((name) => join(folder, name));
    await mkdir(temporary as string, { recursive: true });
    await writeFile(settings as string, containersConf);
    await writeFile(store as string, storageConf(folder, await storageDriverIn(temporary as string)));
    const own = { CONTAINERS_CONF: settings, CONTAINERS_STORAGE_CONF: store, TMPDIR: temporary };
    // Health commands are run when asked for, not by timers of a systemd that may not be there.
    return new Podman({ ...process.env, ...own, DISABLE_HC_SYSTEMD: 'true' }, signal);
  }

  /** @throws ContainersError containers.command-failed, or the reason of the aborted signal */
  run(words: readonly string[], options: Partial<ProgramOptions> = {}): Promise<ProgramResult> {
    const { env, signal } = this;
    return runProgram('podman', words, { timeoutMs: usualTimeoutMs, env, signal, ...options });
  }

  /**
   * Ends and removes every container of this store, also those of a build that was interrupted. Also after an interruption. Never
   * throws: what is not there need not be removed.
   */
  async removeAll(): Promise<void> {
    const options = { timeoutMs: usualTimeoutMs, env: this.env };
    const found = await runProgram('podman', ['ps', '--all', '--external', '--quiet'], options).catch(() => undefined);
    for (const id of found?.stdout.split('\n').filter((each) => each !== '') ?? [])
      await runProgram('podman', ['rm', '--force', '--volumes', '--time', '5', id], options).catch(() => undefined);
  }

  async has(image: string): Promise<boolean> {
    const { code } = await this.run(['image', 'exists', image], { codes: [0, 1] });
    return code === 0;
  }

  /** @returns what `podman inspect` says of it */
  async inspect(kind: 'image' | 'container', name: string): Promise<unknown> {
    const { stdout } = await this.run([kind, 'inspect', name]);
    return (JSON.parse(stdout) as unknown[])[0];
  }
}

const containersConf = `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
`;

const storageConf = (folder: string, driver: StorageDriver): string => `[storage]
driver = "${driver}"
runroot = "${join(folder, `${driver}-run`)}"
graphroot = "${join(folder, driver)}"
`;
