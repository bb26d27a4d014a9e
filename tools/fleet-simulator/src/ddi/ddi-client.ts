import { Agent, type Dispatcher } from 'undici';
import { type DdiDeployment, type DdiRoot, deploymentFrom, rootFrom, stopIdFrom } from './ddi-answers.js';
import type { PartialDownload } from './partial-download.js';

/** How a device proves who it is to the firmware service. */
export interface DdiAccount {
  readonly tenant: string;
  readonly device: string;
  /** `TargetToken <credentialId>.<secret>` */
  readonly authorization: string;
}

export interface DdiFeedback {
  readonly execution: 'proceeding' | 'downloaded' | 'closed' | 'rejected';
  readonly finished: 'success' | 'failure' | 'none';
  readonly details: readonly string[];
}

/** What became of a message; `unanswered`: taken or not, nobody knows. */
export type Told = 'taken' | 'gone' | 'refused' | 'unanswered';

export interface DdiClientSettings {
  /** Where the service is, without a path. */
  readonly url: string;
  readonly connections: number;
  /** How long an answer, or the next bytes of it, may take. */
  readonly timeoutMs?: number;
}

/**
 * Hawkbit's device protocol from the device's side, as strict as SWUpdate: only what has to be there counts, a
 * successful write is 200 and nothing else. Nothing throws: what was not understood is as good as no answer.
 */
export class DdiClient {
  readonly #agent: Agent;

  constructor(private readonly settings: DdiClientSettings) {
    const timeoutMs = settings.timeoutMs ?? 40_000;
    this.#agent = new Agent({
      ...{ connections: settings.connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
    });
  }

  root(account: DdiAccount): Promise<DdiRoot | undefined> {
    return this.#read(account, this.#base(account), rootFrom);
  }

  deployment(account: DdiAccount, href: string): Promise<DdiDeployment | undefined> {
    return this.#read(account, href, deploymentFrom);
  }

  /** The action that shall be stopped. */
  cancelAction(account: DdiAccount, href: string): Promise<string | undefined> {
    return this.#read(account, href, stopIdFrom);
  }

  configData(account: DdiAccount, data: Readonly<Record<string, string>>): Promise<Told> {
    return this.#write(account, 'PUT', `${this.#base(account)}/configData`, { mode: 'merge', data });
  }

  feedback(
    account: DdiAccount,
    on: 'deploymentBase' | 'cancelAction',
    actionId: string,
    { execution, finished, details }: DdiFeedback,
  ): Promise<Told> {
    const status = { execution, result: { finished }, details };
    return this.#write(account, 'POST', `${this.#base(account)}/${on}/${actionId}/feedback`, { id: actionId, status });
  }

  /**
   * Goes on with a download where it ended. `stopAt`: the connection breaks when so many bytes are there.
   * @returns whether all bytes are there now
   */
  async download(account: DdiAccount, href: string, into: PartialDownload, stopAt = Infinity): Promise<boolean> {
    if (into.isComplete) return true;
    const range = into.received === 0 ? {} : { range: `bytes=${into.received}-` };
    try {
      const { statusCode, headers, body } = await this.#request(account, 'GET', href, {
        headers: { accept: 'application/octet-stream', ...range },
      });
      if (!into.continuesWith(statusCode, headers['content-range'])) {
        await body.dump();
        return false;
      }
      for await (const chunk of body as AsyncIterable<Buffer>) {
        into.write(chunk.subarray(0, Math.max(0, stopAt - into.received)));
        if (into.received >= stopAt || into.isOverfull) break; // leaving the loop destroys the connection
      }
    } catch {
      // What was received counts.
    }
    return into.isComplete;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #base({ tenant, device }: DdiAccount): string {
    return `${this.settings.url}/${tenant}/controller/v1/${encodeURIComponent(device)}`;
  }

  async #read<T>(account: DdiAccount, href: string, from: (json: unknown) => T | undefined): Promise<T | undefined> {
    try {
      const { statusCode, body } = await this.#request(account, 'GET', href);
      const text = await body.text();
      return statusCode === 200 ? from(JSON.parse(text)) : undefined;
    } catch {
      return undefined;
    }
  }

  async #write(account: DdiAccount, method: 'PUT' | 'POST', href: string, value: object): Promise<Told> {
    try {
      const { statusCode, body } = await this.#request(account, method, href, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(value),
      });
      await body.dump();
      if (statusCode === 200) return 'taken';
      if (statusCode === 404 || statusCode === 410) return 'gone';
      return statusCode === 429 || statusCode >= 500 ? 'unanswered' : 'refused';
    } catch {
      return 'unanswered';
    }
  }

  #request(
    { authorization }: DdiAccount,
    method: Dispatcher.HttpMethod,
    href: string,
    { headers = {}, body = null }: { readonly headers?: Record<string, string>; readonly body?: string | null } = {},
  ): Promise<Dispatcher.ResponseData> {
    const { origin, pathname, search } = new URL(href);
    return this.#agent.request({
      ...{ origin, path: `${pathname}${search}`, method, body },
      headers: { authorization, accept: 'application/json', 'user-agent': 'myelin-simulator/1', ...headers },
    });
  }
}
