import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { processIdentity } from '../src/processes/identity.js';
import { cleanUpLeftovers } from '../src/processes/leftovers.js';
import { RunRecord } from '../src/processes/run-record.js';
import { runsDirectory } from '../src/processes/supervised-run.js';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

interface Report {
  readonly pids: number[];
  readonly guardian: number;
  readonly directory: string;
}

/** Starts two sleeping servers and a throw-away directory (`volume`: in memory), says so, and lives on. */
const owner = `
import { SupervisedRun } from ${JSON.stringify(join(dist, 'index.js'))};
import { join } from 'node:path';
const run = await SupervisedRun.open();
const directory = process.argv[2] === 'volume' ? run.memoryVolume('leftover-test', 1 << 20) : run.temporaryDirectory('leftover-test');
const plan = (name, script) => ({ name, command: '/bin/sh', args: ['-c', script], cwd: '/', env: process.env,
  logFile: join(directory, name), leftoverSignal: 'TERM' });
const obedient = await run.spawn(plan('obedient', 'exec sleep 600'));
const second = await run.spawn(plan('second', (process.argv[2] === 'deaf' ? 'trap "" TERM; ' : '') + 'while :; do sleep 0.2; done'));
console.log(JSON.stringify({ pids: [obedient.pid, second.pid], guardian: run.guardianPid, directory }));
setInterval(() => undefined, 1000);
`;

describe('when the process that started servers is killed', () => {
  let home: string;
  const owners: ChildProcess[] = [];
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'nothing-left-'));
    writeFileSync(join(home, 'owner.mjs'), owner);
  });
  afterAll(() => {
    for (const child of owners) child.kill('SIGKILL');
    rmSync(home, { recursive: true });
  });

  const startOwner = async (...words: string[]): Promise<{ child: ChildProcess; report: Report }> => {
    const child = spawn(process.execPath, [join(home, 'owner.mjs'), ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    owners.push(child);
    return { child, report: JSON.parse(await lineWith(child, '{')) as Report };
  };

  test('SIGKILL of it alone: its guardian ends the servers, a deaf one too, and deletes the directory', async () => {
    const { child, report } = await startOwner('deaf');
    expect(report.pids.every(isRunning)).toBe(true);
    child.kill('SIGKILL');
    await until(() => !report.pids.some(isRunning) && !existsSync(report.directory) && !isRunning(report.guardian));
    expect(recordOf(report)).toBeUndefined();
  });

  test('SIGKILL of it and of its guardian: the next start does', async () => {
    const { child, report } = await startOwner();
    process.kill(report.guardian, 'SIGKILL');
    child.kill('SIGKILL');
    await until(() => !isRunning(child.pid as number));
    // Any start on this machine is the next one, that of another suite too: what is left may be gone already.
    await startOwner();
    expect(report.pids.some(isRunning)).toBe(false);
    expect(existsSync(report.directory)).toBe(false);
    expect(recordOf(report)).toBeUndefined();
  });

  const whyNoVolume = process.getuid?.() === 0 ? '' : ' (skipped: only root may mount)';
  (whyNoVolume === '' ? test : test.skip)(`a volume in memory is unmounted by its guardian${whyNoVolume}`, async () => {
    const { child, report } = await startOwner('volume');
    const isMounted = (): boolean => readFileSync('/proc/self/mounts', 'utf8').includes(report.directory);
    expect(isMounted()).toBe(true);
    child.kill('SIGKILL');
    await until(() => !isMounted() && !existsSync(report.directory) && !isRunning(report.guardian));
  });

  (whyNoVolume === '' ? test : test.skip)(`or by the next start${whyNoVolume}`, async () => {
    const { child, report } = await startOwner('volume');
    process.kill(report.guardian, 'SIGKILL');
    child.kill('SIGKILL');
    await until(() => !isRunning(child.pid as number));
    await startOwner();
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(report.directory);
    expect(existsSync(report.directory)).toBe(false);
  });

  test('a process that has come to a recorded id later is not touched', async () => {
    const runs = mkdtempSync(join(home, 'runs-'));
    const bystander = spawn('sleep', ['600'], { stdio: 'ignore' });
    owners.push(bystander);
    const record = RunRecord.create(runs);
    record.addProcess({ pid: bystander.pid as number, identity: '12345', signal: 'KILL' });
    forgeOwner(record);
    expect(await cleanUpLeftovers(runs)).toBe(1);
    expect(readdirSync(runs)).toEqual([]);
    expect(isRunning(bystander.pid as number)).toBe(true);
  });

  test('a run whose owner lives, or which belongs to another pid namespace, is left alone', async () => {
    const runs = mkdtempSync(join(home, 'runs-'));
    RunRecord.create(runs);
    const elsewhere = RunRecord.create(runs);
    forgeOwner(elsewhere, { namespace: 'pid:[1]' });
    expect(await cleanUpLeftovers(runs)).toBe(0);
    expect(readdirSync(runs)).toHaveLength(2);
  });
});

describe('the command', () => {
  test('up, Ctrl-C: no process, no directory, no record is left', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'nothing-left-up-'));
    chmodSync(temporary, 0o711); // as root, PostgreSQL runs as another user
    const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: temporary };
    for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete env[name];
    const main = join(dist, 'main.js');
    const child = spawn(process.execPath, [main, 'up', '--free-ports'], { stdio: ['ignore', 'pipe', 'inherit'], env });
    try {
      await lineWith(child, 'ready');
      const records = RunRecord.list(runsDirectory()).filter((record) => record.owner.pid === child.pid);
      const pids = records.flatMap((record) => record.processes().map(({ pid }) => pid));
      expect(pids.filter(isRunning)).toHaveLength(2);
      expect(readdirSync(temporary)).toHaveLength(2);
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
      expect(pids.some(isRunning)).toBe(false);
      expect(readdirSync(temporary)).toEqual([]);
      expect(records.some(({ path }) => existsSync(path))).toBe(false);
    } finally {
      child.kill('SIGKILL');
      rmSync(temporary, { recursive: true });
    }
  }, 60_000);
});

function forgeOwner(record: RunRecord, change: object = { identity: 'long gone' }): void {
  writeFileSync(join(record.path, 'owner.json'), JSON.stringify({ ...record.owner, ...change }));
}

function recordOf(report: Report): RunRecord | undefined {
  return RunRecord.list(runsDirectory()).find((record) => record.directories().includes(report.directory));
}

const isRunning = (pid: number): boolean => processIdentity(pid) !== undefined;

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await delay(50)) {
    if (Date.now() > deadline) throw new Error('waited in vain for 20 s');
  }
}

async function lineWith(child: ChildProcess, beginning: string): Promise<string> {
  if (child.stdout === null) throw new Error('no standard output');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith(beginning)) {
      child.stdout.resume();
      return line;
    }
  }
  throw new Error(`it ended without saying ${beginning}:\n${lines.join('\n')}`);
}
