import { Agent, type IncomingMessage, get } from 'node:http';
import { serveProgram } from '../harness/program.js';
import { imageOf } from '../image.js';

export interface RangeLoad {
  readonly port: number;
  /** Of the image. */
  readonly bytes: number;
  readonly rangeBytes: number;
  readonly connections: number;
  /** Of all connections together. */
  readonly requests: number;
}

export interface RangeLoadOutcome {
  /** Answered with 206 and the range's bytes. */
  readonly served: number;
  readonly lost: number;
  readonly wallMs: number;
}

/** Each connection asks for one range after the other. What comes is counted, and one in a hundred compared with the image. */
async function run({ port, bytes, rangeBytes, connections, requests }: RangeLoad): Promise<RangeLoadOutcome> {
  const image = imageOf(bytes);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let asked = 0;
  let served = 0;
  const startedAt = performance.now();
  const connection = async (): Promise<void> => {
    while (asked < requests) {
      const nth = asked++;
      const start = (nth * rangeBytes) % (bytes - rangeBytes + 1);
      const answer = await answerTo(agent, port, `bytes=${start}-${start + rangeBytes - 1}`);
      const compared = nth % 100 === 0 ? image.subarray(start, start + rangeBytes) : undefined;
      if (await isWhole(answer, rangeBytes, compared)) served += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  const wallMs = performance.now() - startedAt;
  agent.destroy();
  return { served, lost: requests - served, wallMs };
}

function answerTo(agent: Agent, port: number, range: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ agent, port, host: '127.0.0.1', path: '/image', headers: { range } }, resolve).once('error', reject);
  });
}

async function isWhole(answer: IncomingMessage, length: number, expected: Buffer | undefined): Promise<boolean> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of answer) {
    received += (chunk as Buffer).length;
    if (expected !== undefined) chunks.push(chunk as Buffer);
  }
  const isRight = expected === undefined || Buffer.concat(chunks).equals(expected);
  return answer.statusCode === 206 && received === length && isRight;
}

serveProgram({ run });
