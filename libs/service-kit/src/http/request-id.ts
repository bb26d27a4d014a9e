import type { IncomingMessage } from 'node:http';
import { uuidv7 } from '@myelin/kernel';

/** A caller's id is taken over only when it can do no harm in logs and headers. */
export function requestIdOf(request: IncomingMessage): string {
  const header = request.headers['x-request-id'];
  return typeof header === 'string' && /^[A-Za-z0-9._:-]{1,64}$/.test(header) ? header : uuidv7();
}
