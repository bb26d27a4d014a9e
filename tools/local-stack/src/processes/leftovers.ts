import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { placeOfProcesses, processIdentity } from './identity.js';
import { unmount } from './memory-volume.js';
import { type RecordedProcess, RunRecord } from './run-record.js';

/**
 * Ends what runs have left whose owner is gone (and whose guardian is gone too). Only recorded processes with the
 * recorded start time are signalled. Runs of other pid namespaces are left alone while the machine has not rebooted.
 * @returns how many runs were cleaned up
 */
export async function cleanUpLeftovers(runsDirectory: string): Promise<number> {
  const here = placeOfProcesses();
  let cleaned = 0;
  for (const record of RunRecord.list(runsDirectory)) {
    const rebooted = record.owner.boot !== here.boot;
    if (!rebooted && (record.owner.namespace !== here.namespace || record.ownerIsAlive())) continue;
    if (!rebooted) await endProcesses(record.processes());
    if (!rebooted) for (const directory of record.mounts()) unmount(directory);
    for (const directory of record.directories()) rmSync(directory, { recursive: true, force: true });
    record.delete();
    cleaned += 1;
  }
  return cleaned;
}

const isRunning = ({ pid, identity }: RecordedProcess): boolean => processIdentity(pid) === identity;

async function endProcesses(processes: readonly RecordedProcess[]): Promise<void> {
  for (const one of processes.filter(isRunning)) {
    send(one.pid, `SIG${one.signal}` as NodeJS.Signals);
    send(one.pid, 'SIGCONT');
  }
  if (await allGone(processes, 10_000)) return;
  for (const one of processes.filter(isRunning)) send(one.pid, 'SIGKILL');
  await allGone(processes, 5_000);
}

async function allGone(processes: readonly RecordedProcess[], timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (processes.some(isRunning)) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

/** The guardian of the same run may be quicker. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    return;
  }
}
