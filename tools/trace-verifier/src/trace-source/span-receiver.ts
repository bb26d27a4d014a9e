import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type OtlpTraces, spansFromOtlp } from './otlp-json.js';
import { RecordedSpans } from './recorded-spans.js';

const maxBodyBytes = 16 * 1024 * 1024;

/** Takes OTLP over HTTP in JSON, as services export it with `OTEL_EXPORTER_OTLP_PROTOCOL=http/json`, and keeps the spans. */
export class SpanReceiver {
  readonly spans = new RecordedSpans();
  /** Every export of spans and of metrics, as it came. */
  readonly bodies: string[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.#take(request).then(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        () => response.writeHead(400).end(),
      );
    });
  }

  /** On a free port of 127.0.0.1. */
  static async listen(): Promise<SpanReceiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SpanReceiver(server);
  }

  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Metrics come here as well; only {@link bodies} has them. */
  async #take(request: IncomingMessage): Promise<void> {
    const body = await bodyOf(request);
    const plain = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
    this.bodies.push(plain);
    if (request.url === '/v1/traces') this.spans.add(spansFromOtlp(JSON.parse(plain) as OtlpTraces));
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBodyBytes) throw new RangeError('more than 16 MiB');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
