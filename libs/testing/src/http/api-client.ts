/** What most answers have; which members are there depends on the answer. */
export interface AnswerBody {
  readonly [member: string]: unknown;
  /** Of a problem. */
  readonly type: string;
  readonly nextCursor?: string;
  readonly items: readonly { readonly [member: string]: unknown }[];
}

export interface Answer<Body = AnswerBody> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  /** Raw, for streams and for asserting what is not in it. */
  readonly text: string;
  readonly etag: string;
}

/** What a person with curl and a token would send. Bodies are JSON, unless they are text already. */
export class ApiClient<Body = AnswerBody> {
  constructor(
    readonly url: string,
    readonly token: string | undefined,
  ) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.send('POST', path, body, headers);
  }

  put(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.send('PUT', path, body, headers);
  }

  patch(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.send('PATCH', path, body, { 'content-type': 'application/merge-patch+json', ...headers });
  }

  delete(path: string, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.send('DELETE', path, undefined, headers);
  }

  async send(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true && !text.includes('}\n{');
    return {
      status: response.status,
      headers: response.headers,
      body: (json && text !== '' ? JSON.parse(text) : {}) as Body,
      text,
      etag: response.headers.get('etag') ?? '',
    };
  }
}
