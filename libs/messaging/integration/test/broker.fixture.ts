import { testKafka, waitFor } from '@myelin/testing';

export { quietLogger } from '../src/index.js';

export const { brokers } = testKafka();

export function randomNamespace(): string {
  return testKafka().namespace;
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 15_000,
): Promise<void> {
  await waitFor(condition, { timeoutMs, what });
}
