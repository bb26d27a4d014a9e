import { exchange } from '../network/exchange.js';

/** StartupMessage of protocol 3.0 (PostgreSQL documentation, 54.7). */
function startupMessage(): Buffer {
  const parameters = Buffer.from(
    'user\0postgres\0database\0postgres\0application_name\0myelin-local-stack\0\0',
    'latin1',
  );
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, parameters]);
}

/**
 * True when the server on this port of 127.0.0.1 takes connections: it then asks for a password (`R`), where a
 * server that is still starting or stopping answers with an error (`E`).
 */
export async function postgresAccepts(port: number): Promise<boolean> {
  const answer = await exchange(port, startupMessage(), (bytes) => bytes.length > 0);
  return answer?.[0] === 'R'.charCodeAt(0);
}
