import { connect, type Socket } from 'node:net';
import { serveProgram } from '../harness/program.js';

export interface HttpLoad {
  readonly port: number;
  /** `Authorization` of each connection's device: as many connections, each with one request under way. */
  readonly devices: readonly string[];
  /** Of all connections together. */
  readonly requests: number;
  readonly measurementsPerRequest: number;
  /** Distinguishes this run's measurements from those of every other. */
  readonly boot: string;
  /** Numeric metrics per measurement. */
  readonly points: number;
  /** Requests per second of all connections together; absent: as fast as the answers come. */
  readonly perSecond?: number;
}

export interface HttpLoadOutcome {
  /** Requests answered with 202. */
  readonly accepted: number;
  /** Answered otherwise, by status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly wallMs: number;
}

const tsDigits = 13;
const seqDigits = 9;
const firstSeq = 100_000_000;

/** One device: its request is made once, and only the digits of time and sequence change from one to the next. */
class Device {
  readonly #request: Buffer;
  readonly #tsAt: readonly number[];
  readonly #seqAt: readonly number[];
  /** A measurement per millisecond, a minute late at first: no two at one time, none ahead of the clock for long. */
  #ts = Date.now() - 60_000;
  #seq = firstSeq;

  constructor(authorization: string, load: HttpLoad) {
    const measurement = `{"ts":${this.#ts},"boot":"${load.boot}","seq":${firstSeq},"values":{${values(load.points)}}}`;
    const body =
      load.measurementsPerRequest === 1
        ? measurement
        : `[${Array<string>(load.measurementsPerRequest).fill(measurement).join()}]`;
    const head =
      `POST /v1/telemetry HTTP/1.1\r\nHost: 127.0.0.1:${load.port}\r\nUser-Agent: device/1.0\r\n` +
      `Authorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    this.#request = Buffer.from(head + body);
    this.#tsAt = placesOf('"ts":', this.#request);
    this.#seqAt = placesOf('"seq":', this.#request);
  }

  /** The same memory each time: what was written before has been answered. */
  next(): Buffer {
    for (const at of this.#tsAt) this.#request.write(String(this.#ts++), at, tsDigits, 'latin1');
    for (const at of this.#seqAt) this.#request.write(String(this.#seq++), at, seqDigits, 'latin1');
    return this.#request;
  }
}

/** Where what follows each `name` begins. */
function placesOf(name: string, text: Buffer): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) places.push(at + name.length);
  return places;
}

/** The common message: six numeric metrics make 195 bytes of JSON with id, time and sequence. */
function values(points: number): string {
  const names = ['temperature', 'humidity', 'pressure', 'voltage', 'current', 'vibration'];
  return names
    .slice(0, points)
    .map((name, nth) => `"${name}":${(20 + nth * 1.25).toFixed(2)}`)
    .join();
}

async function run(load: HttpLoad): Promise<HttpLoadOutcome> {
  let toSend = load.requests;
  let accepted = 0;
  const refused: Record<string, number> = {};
  const sockets = await Promise.all(load.devices.map(() => connected(load.port)));
  const startedAt = performance.now();
  const mayGo = (): boolean =>
    load.perSecond === undefined || load.requests - toSend < ((performance.now() - startedAt) * load.perSecond) / 1_000;
  await Promise.all(
    sockets.map(
      (socket, nth) =>
        new Promise<void>((resolve, reject) => {
          const device = new Device(load.devices[nth] as string, load);
          const send = (): void => {
            if (toSend === 0) return resolve();
            if (!mayGo()) return void setTimeout(send, 1);
            toSend -= 1;
            socket.write(device.next());
          };
          onAnswers(socket, (status) => {
            if (status === '202') accepted += 1;
            else refused[status] = (refused[status] ?? 0) + 1;
            send();
          });
          socket.on('error', reject);
          socket.on('close', () => reject(new Error('the server has closed a connection')));
          send();
        }),
    ),
  );
  const wallMs = performance.now() - startedAt;
  for (const socket of sockets) socket.removeAllListeners('close').destroy();
  return { accepted, refused, wallMs };
}

/** Calls back once per answer: they have a length and no chunks. */
function onAnswers(socket: Socket, answered: (status: string) => void): void {
  let pending = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    pending += text;
    const headEnd = pending.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(pending)?.[1] ?? '0';
    if (pending.length < headEnd + 4 + Number(length)) return;
    const status = pending.slice(9, 12);
    pending = '';
    answered(status);
  });
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

serveProgram({ run });
