import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DdiAccount } from '@myelin/fleet-simulator';

const run = promisify(execFile);

/** Whether this machine has the update client itself. */
export async function hasSwUpdate(): Promise<boolean> {
  return run('swupdate', ['--version']).then(
    () => true,
    () => false,
  );
}

export interface SwUpdateOptions {
  readonly options?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A folder with a signing certificate, for images and for clients that install them there. */
export class SwUpdateBench {
  readonly #clients: ChildProcess[] = [];

  private constructor(readonly folder: string) {}

  static async open(): Promise<SwUpdateBench> {
    const folder = await mkdtemp(join(tmpdir(), 'swupdate-'));
    await run(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'sign.key', '-out', 'sign.crt', '-days', '30'],
        ...['-subj', '/CN=dev-signer', '-addext', 'extendedKeyUsage=emailProtection,codeSigning'],
        ...['-addext', 'keyUsage=digitalSignature', '-addext', 'basicConstraints=critical,CA:FALSE'],
      ].flat(),
      { cwd: folder },
    );
    return new SwUpdateBench(folder);
  }

  /** Where a device has what an image of this name installs. */
  installed(name: string): Promise<Buffer | undefined> {
    return readFile(join(this.folder, `${name}.installed`)).catch(() => undefined);
  }

  /** An image for `board:1.0` that copies one file. */
  async image(name: string, payload: Buffer, { signed = true } = {}): Promise<Buffer> {
    const cwd = join(this.folder, name);
    await mkdir(cwd, { recursive: true });
    await writeFile(join(cwd, 'payload.bin'), payload);
    const sha256 = createHash('sha256').update(payload).digest('hex');
    const path = join(this.folder, `${name}.installed`);
    const file = `{ filename = "payload.bin"; path = "${path}"; sha256 = "${sha256}"; }`;
    const description = `software = { version = "2.0.0"; hardware-compatibility = [ "1.0" ]; files: ( ${file} ); }\n`;
    await writeFile(join(cwd, 'sw-description'), description);
    const signature = ['-in', 'sw-description', '-out', 'sw-description.sig', '-signer', '../sign.crt'];
    const form = ['-inkey', '../sign.key', '-outform', 'DER', '-nosmimecap', '-binary'];
    if (signed) await run('openssl', ['cms', '-sign', ...signature, ...form], { cwd });
    const members = ['sw-description', ...(signed ? ['sw-description.sig'] : []), 'payload.bin'];
    const archive = spawn('cpio', ['-o', '-H', 'crc', '-O', 'image.swu'], { cwd, stdio: ['pipe', 'ignore', 'ignore'] });
    archive.stdin?.end(`${members.join('\n')}\n`);
    await once(archive, 'close');
    return readFile(join(cwd, 'image.swu'));
  }

  /**
   * Asks at once, and then as often as it is told.
   * @param options of its part that asks the service, such as `-c 2`: started from what it has installed
   * @param attributes with these it says them first, and begins with what it is offered when it asks again
   */
  async client(
    url: string,
    { tenant, device, authorization }: DdiAccount,
    { options = '', attributes = {} }: SwUpdateOptions,
  ): Promise<SwUpdateClient> {
    const own = await mkdtemp(join(this.folder, 'run-'));
    const [, token = ''] = authorization.split(' ');
    const said = Object.entries(attributes).map(([name, value]) => `{ name = "${name}"; value = "${value}"; }`);
    const identify = said.length === 0 ? '' : `identify : ( ${said.join(', ')} );`;
    await writeFile(
      join(own, 'swupdate.cfg'),
      `globals : { verbose = true; loglevel = 5; public-key-file = "${this.folder}/sign.crt"; bootloader = "none"; };
       ${identify}
       suricatta : { tenant = "${tenant}"; id = "${device}"; url = "${url}"; retry = 10; retrywait = "2"; enable = true;
                     targettoken = "${token}"; };`,
    );
    const args = ['-f', join(own, 'swupdate.cfg'), '-H', 'board:1.0', '-u', `-e ${options}`];
    const child = spawn('swupdate', args, { env: { ...process.env, TMPDIR: own }, detached: true });
    this.#clients.push(child);
    return new SwUpdateClient(child);
  }

  async close(): Promise<void> {
    for (const child of this.#clients) killGroup(child, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class SwUpdateClient {
  #log = '';

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.#log += String(chunk)));
  }

  log(): string {
    return this.#log;
  }

  /** Gone at once, as without power. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'close');
    killGroup(this.child, 'SIGKILL');
    await ended;
  }
}

/** It works with several processes. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
