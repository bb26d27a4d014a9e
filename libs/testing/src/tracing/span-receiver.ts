import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** As OTLP writes it in JSON, but for the attributes. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** SERVER is 2, CLIENT 3, PRODUCER 4, CONSUMER 5. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value?: {
    readonly stringValue?: string;
    readonly intValue?: string | number;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

type OtlpSpan = Omit<ReceivedSpan, 'attributes'> & { readonly attributes?: readonly OtlpAttribute[] };

interface OtlpTraces {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}

const maxBodyBytes = 16 * 1024 * 1024;

/** Takes what processes export by OTLP over HTTP in JSON, as a collector would. */
export class SpanReceiver implements AsyncDisposable {
  /** In the order in which they came. */
  readonly spans: ReceivedSpan[] = [];
  /** Every export of spans and of metrics, as it came. */
  readonly bodies: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly onTraces: (body: string) => void,
  ) {
    server.on('request', (request, response) => {
      this.#take(request).then(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        () => response.writeHead(400).end(),
      );
    });
  }

  /** On a free port of 127.0.0.1. @param onTraces gets each export of spans, for whoever reads more of it */
  static async listen(onTraces: (body: string) => void = () => undefined): Promise<SpanReceiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SpanReceiver(server, onTraces);
  }

  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What a process needs to send its spans here, soon after they end. */
  get environment(): Readonly<Record<string, string>> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Metrics come here as well; only {@link bodies} has them. */
  async #take(request: IncomingMessage): Promise<void> {
    const body = await bodyOf(request);
    const plain = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
    this.bodies.push(plain);
    if (request.url !== '/v1/traces') return;
    this.spans.push(...spansOf(JSON.parse(plain) as OtlpTraces));
    this.onTraces(plain);
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

function spansOf({ resourceSpans = [] }: OtlpTraces): ReceivedSpan[] {
  return resourceSpans
    .flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans = [] }) => spans))
    .map((span) => ({ ...span, attributes: attributesOf(span) }));
}

function attributesOf({ attributes = [] }: OtlpSpan): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } = {} }) => [
      key,
      stringValue ?? intValue ?? doubleValue ?? boolValue,
    ]),
  );
}
