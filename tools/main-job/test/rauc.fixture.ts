import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DdiAccount } from '@myelin/fleet-simulator';
import { ensureDebianPrograms, raucPrograms } from '@myelin/local-stack';
import { RaucInstaller } from './rauc-installer.fixture.js';

/** The folder of Debian's rauc-hawkbit-updater and of the bus that it needs; or why they cannot be had here. */
export async function findRauc(): Promise<{ readonly programs: string } | { readonly missing: string }> {
  return ensureDebianPrograms(raucPrograms).then(
    (programs) => ({ programs }),
    (error: unknown) => ({ missing: error instanceof Error ? error.message : String(error) }),
  );
}

export interface RaucOptions {
  /** What it says of itself; it has to say something. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** More lines of its configuration, such as `stream_bundle`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A device with RAUC: the system's bus, the installer on it, and the update client while it has power. */
export class RaucBoard {
  #client: ChildProcess | undefined;
  #log = '';

  private constructor(
    private readonly programs: string,
    private readonly folder: string,
    private readonly bus: ChildProcess,
    readonly installer: RaucInstaller,
  ) {}

  /** @param programs the folder that has them */
  static async open(programs: string): Promise<RaucBoard> {
    const folder = await mkdtemp(join(tmpdir(), 'rauc-'));
    const address = `unix:path=${join(folder, 'bus')}`;
    const rules = ['user', 'own', 'send_destination', 'receive_sender'].map((whom) => `<allow ${whom}="*"/>`).join('');
    const policy = `<policy context="default">${rules}</policy>`;
    const config = `<busconfig><listen>${address}</listen><auth>EXTERNAL</auth>${policy}</busconfig>`;
    await writeFile(join(folder, 'bus.conf'), config);
    const words = [`--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--nosyslog', '--print-address'];
    const bus = spawn(join(programs, 'dbus-daemon'), words, { stdio: ['ignore', 'pipe', 'ignore'] });
    await Promise.race([once(bus.stdout, 'data'), diesEarly(bus)]); // its address: it listens
    return new RaucBoard(programs, folder, bus, await RaucInstaller.serve(address));
  }

  /** Where it has a bundle while it needs it. */
  get bundle(): string {
    return join(this.folder, 'update.raucb');
  }

  /** What the client has said since the board was opened. */
  log(): string {
    return this.#log;
  }

  /** Asks at once, and then as often as it is told. @param url where the service is, without a path */
  async start(
    url: string,
    { tenant, device, authorization }: DdiAccount,
    { attributes = { product: 'board' }, settings = {} }: RaucOptions = {},
  ): Promise<void> {
    const [, token = ''] = authorization.split(' ');
    const lines = (entries: Readonly<Record<string, string>>): string =>
      Object.entries(entries)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join('');
    const client = lines({
      ...{ hawkbit_server: new URL(url).host, ssl: 'false', tenant_id: tenant, target_name: device, auth_token: token },
      ...{ bundle_download_location: this.bundle, retry_wait: '1', log_level: 'debug', ...settings },
    });
    const path = join(this.folder, 'client.conf');
    await writeFile(path, `[client]\n${client}[device]\n${lines(attributes)}`);
    const bus = `unix:path=${join(this.folder, 'bus')}`;
    // The machine's modules of GLib are for its own one.
    const env = { PATH: process.env['PATH'], DBUS_SYSTEM_BUS_ADDRESS: bus, GIO_MODULE_DIR: this.folder };
    const child = spawn(join(this.programs, 'rauc-hawkbit-updater'), ['-c', path], { env, cwd: this.folder });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.#log += String(chunk)));
    this.#client = child;
  }

  /** The client is gone at once, as without power. */
  async kill(): Promise<void> {
    await ended(this.#client);
    this.#client = undefined;
  }

  async close(): Promise<void> {
    await this.kill();
    this.installer.close();
    await ended(this.bus);
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

async function diesEarly(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'close')) as [number | null];
  throw new Error(`the bus ended with ${code}`);
}
