import { OperatorClient } from '@myelin/fleet-simulator';
import { ChaosError } from '../chaos.errors.js';
import type { ChaosSystem } from '../chaos-system.js';

/** An answer; undefined where there was none. */
export interface Answer {
  readonly status: number;
  readonly etag: string;
  readonly body: unknown;
}

/** The firmware service's processes as an operator has them: any of them answers, or nobody does. */
export class FirmwareApi {
  readonly #clients: readonly OperatorClient[];
  readonly #urls: readonly string[];
  #next = 0;

  constructor(
    private readonly chaos: ChaosSystem,
    private readonly tenant: string,
  ) {
    this.#urls = chaos.urlsOf('firmware-rollout');
    this.#clients = this.#urls.map((url) => new OperatorClient(url, () => this.#token()));
  }

  /** Undefined: nobody knows whether it was done. */
  async ask(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    { body, headers = {} }: { readonly body?: object; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer | undefined> {
    const client = this.#clients[(this.#next += 1) % this.#clients.length] as OperatorClient;
    try {
      const answer = await client.request(method, path, body === undefined ? { headers } : { body, headers });
      if (answer.status >= 500) return undefined;
      const { status, text } = answer;
      return { status, etag: String(answer.headers['etag'] ?? ''), body: text === '' ? undefined : JSON.parse(text) };
    } catch {
      return undefined;
    }
  }

  /** @throws ChaosError chaos.impossible for every other status */
  async expect(expected: readonly number[], ...request: Parameters<FirmwareApi['ask']>): Promise<Answer> {
    const answer = await this.ask(...request);
    if (answer !== undefined && expected.includes(answer.status)) return answer;
    const [method, path] = request;
    const what = answer === undefined ? 'not answered' : `answered ${answer.status} ${JSON.stringify(answer.body)}`;
    throw ChaosError.permanent('chaos.impossible', `${method} ${path} was ${what}`);
  }

  /** By tus, in one piece. @throws ChaosError chaos.impossible */
  async upload(bytes: Buffer): Promise<void> {
    const [url = ''] = this.#urls;
    const headers = { 'tus-resumable': '1.0.0', authorization: `Bearer ${await this.#token()}` };
    const fileName = Buffer.from('fw.swu').toString('base64');
    const created = await fetch(`${url}/v1/artifact-uploads`, {
      method: 'POST',
      headers: { ...headers, 'upload-length': String(bytes.length), 'upload-metadata': `filename ${fileName}` },
    });
    const location = new URL(created.headers.get('location') ?? '/', url);
    const { status } = await fetch(location, {
      method: 'PATCH',
      headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      body: new Uint8Array(bytes),
    });
    if (status !== 204) throw ChaosError.permanent('chaos.impossible', `an upload was answered ${status}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #token(): Promise<string> {
    return this.chaos.system.stack.operatorToken(this.tenant);
  }
}
