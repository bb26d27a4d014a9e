import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Runs the work while no other living process holds the lock file. A lock of a dead process counts for nothing. */
export async function withLock(file, what, work) {
  for (let told = false; !take(file); told = true) {
    if (!told) process.stderr.write(`waiting for ${what} …\n`);
    await pause(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  if (create(file)) return true;
  if (isAlive(holderOf(file))) return false;
  rmSync(file, { force: true });
  return create(file);
}

function create(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  if (!pid) return true; // just being written
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
