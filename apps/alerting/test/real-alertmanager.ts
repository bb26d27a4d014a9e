import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, waitFor } from '@myelin/testing';

const run = promisify(execFile);
const cache =
  process.env.MYELIN_CACHE ?? (process.getuid?.() === 0 ? '/var/cache/myelin' : `${homedir()}/.cache/myelin`);
const unpacked = join(cache, 'alertmanager-debian');
const programPath = 'usr/bin/prometheus-alertmanager';
const program = join(unpacked, programPath);
/** Where Debian's build looks for its templates. */
const templates = 'usr/share/prometheus/alertmanager';

/** Where a real Alertmanager is, from Debian's package, unpacked and not installed; or why there is none. */
export async function findAlertmanager(): Promise<{ program: string } | { missing: string }> {
  if (existsSync(program)) return { program };
  await mkdir(cache, { recursive: true }).catch(() => undefined);
  try {
    await unpack();
    return { program };
  } catch (error) {
    if (existsSync(program)) return { program }; // another run was quicker
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { missing: `no Alertmanager: ${line?.slice(0, 120)}` };
  }
}

async function unpack(): Promise<void> {
  const folder = await mkdtemp(join(cache, 'alertmanager-'));
  try {
    const download = ['-o', 'APT::Sandbox::User=root', 'download', 'prometheus-alertmanager'];
    const options = { cwd: folder, timeout: 60_000 };
    await run('apt-get', download, options).catch(async () => {
      await run('apt-get', ['update', '-qq'], options); // the lists may be old or missing
      await run('apt-get', download, options);
    });
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get downloaded nothing');
    await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'root')], options);
    await unbind(join(folder, 'root', programPath));
    await rename(join(folder, 'root'), unpacked);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes the program look for its templates where it is started: the package is not installed, only unpacked. */
async function unbind(file: string): Promise<void> {
  const installed = `/${templates}`;
  const besides = `.${'/'.repeat(installed.length - 1)}`; // of the same length: nothing in the program moves
  const content = await readFile(file, 'latin1');
  await writeFile(file, content.replaceAll(installed, besides), 'latin1');
}

/** A running Alertmanager of one's own. */
export class RealAlertmanager implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(program: string, config: object): Promise<RealAlertmanager> {
    const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'));
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config)); // JSON is YAML
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const flags = [`--config.file=${folder}/config.yml`, `--storage.path=${folder}/data`, '--cluster.listen-address='];
    const started = spawn(program, [...flags, `--web.listen-address=127.0.0.1:${port}`], {
      cwd: join(unpacked, templates),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4_000)));
    const real = new RealAlertmanager(url, started, folder);
    await waitFor(async () => (await fetch(`${url}/-/ready`)).ok, {
      what: () => `Alertmanager; it said: ${said}`,
    }).catch(async (error: unknown) => {
      await real[Symbol.asyncDispose]();
      throw error;
    });
    return real;
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.request(path, {})).json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const text = await (await this.request(path, { method: 'POST', headers, body: JSON.stringify(body) })).text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async request(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
