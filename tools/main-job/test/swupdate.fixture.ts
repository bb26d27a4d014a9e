import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DdiAccount } from '@myelin/fleet-simulator';
import { ensureDebianPrograms, swUpdatePrograms } from '@myelin/local-stack';

const run = promisify(execFile);

/** The folder of Debian's SWUpdate and of what makes images for it; or why it cannot be had here. */
export async function findSwUpdate(): Promise<{ readonly programs: string } | { readonly missing: string }> {
  return ensureDebianPrograms(swUpdatePrograms).then(
    (programs) => ({ programs }),
    (error: unknown) => ({ missing: error instanceof Error ? error.message : String(error) }),
  );
}

export interface SwUpdateOptions {
  /** Of its part that asks the service, such as `-c 2`: started from what it has installed. */
  readonly options?: string;
  /** Of the program itself. */
  readonly arguments?: readonly string[];
  /** With these it says them first, and begins with what it is offered when it asks again. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface ImageOptions {
  readonly signed?: boolean;
  /** What its description says that the payload is; otherwise the truth. */
  readonly described?: Buffer;
  /** Run by the device before it installs, or after. */
  readonly script?: readonly ['preinstall' | 'postinstall', content: string];
}

/** OpenSSL's own would be installed with it. */
const settings = '[req]\ndistinguished_name = name\n[name]\n';

/** A folder with a signing certificate, for images and for clients that install them there. */
export class SwUpdateBench {
  readonly #clients: ChildProcess[] = [];

  private constructor(
    readonly folder: string,
    private readonly programs: string,
  ) {}

  /** @param programs the folder that has them */
  static async open(programs: string): Promise<SwUpdateBench> {
    const folder = await mkdtemp(join(tmpdir(), 'swupdate-'));
    await writeFile(join(folder, 'openssl.cnf'), settings);
    await run(
      join(programs, 'openssl'),
      [
        ...['req', '-config', 'openssl.cnf', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30'],
        ...['-keyout', 'sign.key', '-out', 'sign.crt', '-subj', '/CN=dev-signer'],
        ...['-addext', 'extendedKeyUsage=emailProtection,codeSigning', '-addext', 'keyUsage=digitalSignature'],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ],
      { cwd: folder },
    );
    return new SwUpdateBench(folder, programs);
  }

  /** Where a device has what an image of this name installs. */
  installed(name: string): Promise<Buffer | undefined> {
    return readFile(join(this.folder, `${name}.installed`)).catch(() => undefined);
  }

  /** An image for `board:1.0` that copies one file. */
  async image(name: string, payload: Buffer, options: ImageOptions = {}): Promise<Buffer> {
    const { signed = true, described = payload, script } = options;
    const cwd = join(this.folder, name);
    await mkdir(cwd, { recursive: true });
    await writeFile(join(cwd, 'payload.bin'), payload);
    const path = join(this.folder, `${name}.installed`);
    let content = `files: ( { filename = "payload.bin"; path = "${path}"; sha256 = "${sha256(described)}"; } );`;
    if (script !== undefined) {
      const [type, lines] = script;
      await writeFile(join(cwd, 'script.sh'), lines);
      const entry = `filename = "script.sh"; type = "${type}"; sha256 = "${sha256(Buffer.from(lines))}";`;
      content = `scripts: ( { ${entry} } ); ${content}`;
    }
    const description = `software = { version = "2.0.0"; hardware-compatibility = [ "1.0" ]; ${content} }\n`;
    await writeFile(join(cwd, 'sw-description'), description);
    const signature = ['-in', 'sw-description', '-out', 'sw-description.sig', '-signer', '../sign.crt'];
    const form = ['-inkey', '../sign.key', '-outform', 'DER', '-nosmimecap', '-binary'];
    if (signed) await run(join(this.programs, 'openssl'), ['cms', '-sign', ...signature, ...form], { cwd });
    const scripts = script === undefined ? [] : ['script.sh'];
    return this.#archive(cwd, ['sw-description', ...(signed ? ['sw-description.sig'] : []), ...scripts, 'payload.bin']);
  }

  async #archive(cwd: string, members: readonly string[]): Promise<Buffer> {
    const words = ['-o', '-H', 'crc', '-O', 'image.swu'];
    const archive = spawn(join(this.programs, 'cpio'), words, { cwd, stdio: ['pipe', 'ignore', 'ignore'] });
    archive.stdin?.end(`${members.join('\n')}\n`);
    await once(archive, 'close');
    return readFile(join(cwd, 'image.swu'));
  }

  /** Asks at once, and then as often as it is told. */
  async client(
    url: string,
    { tenant, device, authorization }: DdiAccount,
    { options = '', arguments: words = [], attributes = {} }: SwUpdateOptions,
  ): Promise<SwUpdateClient> {
    const own = await mkdtemp(join(this.folder, 'run-'));
    const [, token = ''] = authorization.split(' ');
    const said = Object.entries(attributes).map(([name, value]) => `{ name = "${name}"; value = "${value}"; }`);
    const identify = said.length === 0 ? '' : `identify : ( ${said.join(', ')} );`;
    const key = `public-key-file = "${this.folder}/sign.crt"`;
    await writeFile(
      join(own, 'swupdate.cfg'),
      `globals : { verbose = true; loglevel = 5; ${key}; bootloader = "none"; };
       ${identify}
       suricatta : { tenant = "${tenant}"; id = "${device}"; url = "${url}"; retry = 10; retrywait = "1"; enable = true;
                     targettoken = "${token}"; };`,
    );
    const args = ['-f', join(own, 'swupdate.cfg'), '-H', 'board:1.0', ...words, '-u', `-e ${options}`];
    const env = { ...process.env, TMPDIR: own };
    const child = spawn(join(this.programs, 'swupdate'), args, { env, detached: true });
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

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** It works with several processes. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
