import { setTimeout as delay } from 'node:timers/promises';
import { LocalStackError } from '../local-stack.errors.js';
import type { ManagedProcess } from '../processes/managed-process.js';

/**
 * Asks until the server is ready.
 * @throws LocalStackError local-stack.start-failed, with the end of the server's log, when it dies or takes too long
 */
export async function awaitReady(
  server: ManagedProcess,
  isReady: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (server.alive) {
    if (await isReady()) return;
    if (Date.now() > deadline) throw failed(server, `is not ready after ${timeoutMs} ms`);
    await delay(50);
  }
  throw failed(server, 'ended while it started');
}

function failed(server: ManagedProcess, what: string): LocalStackError {
  const message = `${server.plan.name} ${what}; the end of its log:\n${server.logTail()}`;
  return LocalStackError.retryable('local-stack.start-failed', message);
}
