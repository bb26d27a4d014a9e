import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { serveProgram } from '../harness/program.js';

/** Rows as the database itself encodes them, loaded by COPY binary over some connections at a time. */
export interface CopyPlan {
  readonly databaseUrl: string;
  readonly connections: number;
}

interface Chunk {
  readonly rows: number;
  readonly bytes: Buffer;
}

let chunks: readonly Chunk[] = [];
const clients: Client[] = [];

async function client(databaseUrl: string, nth: number): Promise<Client> {
  const known = clients[nth];
  if (known !== undefined) return known;
  const made = new Client({ connectionString: databaseUrl });
  await made.connect();
  return (clients[nth] = made);
}

/** Remembers what the table `measurement` holds, in chunks of so many rows. */
async function remember({ databaseUrl, rowsPerChunk }: { databaseUrl: string; rowsPerChunk: number }): Promise<number> {
  const source = await client(databaseUrl, 0);
  const parts: Buffer[] = [];
  const rows = source.query(copyTo('COPY (SELECT * FROM measurement) TO STDOUT (FORMAT binary)'));
  for await (const part of rows) parts.push(part as Buffer);
  chunks = cut(Buffer.concat(parts), rowsPerChunk);
  return chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
}

/** PostgreSQL's documentation: COPY, "Binary Format". */
function cut(bytes: Buffer, rowsPerChunk: number): Chunk[] {
  const headBytes = 19;
  const head = bytes.subarray(0, headBytes);
  const end = Buffer.from([0xff, 0xff]);
  const found: Chunk[] = [];
  let [from, at, rows] = [headBytes, headBytes, 0];
  for (;;) {
    const fields = bytes.readInt16BE(at);
    if (fields < 0 || rows === rowsPerChunk) {
      if (rows > 0) found.push({ rows, bytes: Buffer.concat([head, bytes.subarray(from, at), end]) });
      if (fields < 0) return found;
      [from, rows] = [at, 0];
    }
    at += 2;
    for (let field = 0; field < fields; field++) at += 4 + Math.max(bytes.readInt32BE(at), 0);
    rows += 1;
  }
}

/** An empty table with the columns and indexes of `measurement`, unpartitioned. */
async function empty({ databaseUrl, connections }: CopyPlan): Promise<void> {
  const first = await client(databaseUrl, 0);
  await first.query('DROP TABLE IF EXISTS copy_anchor');
  await first.query('CREATE TABLE copy_anchor (LIKE measurement INCLUDING ALL)');
  for (let nth = 0; nth < connections; nth++) await client(databaseUrl, nth);
}

async function load({ databaseUrl, connections }: CopyPlan): Promise<number> {
  const left = [...chunks];
  let loaded = 0;
  const one = async (nth: number): Promise<void> => {
    const to = await client(databaseUrl, nth);
    for (let chunk = left.shift(); chunk !== undefined; chunk = left.shift()) {
      const copy = to.query(copyFrom('COPY copy_anchor FROM STDIN (FORMAT binary)'));
      await pipeline(Readable.from([chunk.bytes]), copy);
      loaded += copy.rowCount;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, nth) => one(nth)));
  return loaded;
}

serveProgram({ remember, empty, load }, () => Promise.all(clients.map((one) => one.end())));
