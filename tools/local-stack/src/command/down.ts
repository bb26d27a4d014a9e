import { setTimeout as delay } from 'node:timers/promises';
import { LocalStackError } from '../local-stack.errors.js';
import { isAlive, runningStacks } from './running-stacks.js';

const deadlineMs = 60_000;

/** Asks every `up` of this user to stop and waits for it. @throws LocalStackError local-stack.stop-failed */
export async function down(print: (line: string) => void): Promise<number> {
  const stacks = runningStacks();
  if (stacks.length === 0) print('nothing runs');
  for (const stack of stacks) process.kill(stack.pid, 'SIGTERM');
  const deadline = Date.now() + deadlineMs;
  for (const stack of stacks) {
    while (isAlive(stack)) {
      if (Date.now() > deadline) {
        const message = `the stack of process ${stack.pid} has not stopped within ${deadlineMs / 1_000} s`;
        throw LocalStackError.permanent('local-stack.stop-failed', message);
      }
      await delay(50);
    }
    print(`stopped (process ${stack.pid})`);
  }
  return 0;
}
