import { randomBytes } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import { Provider } from 'oidc-provider';
import { LocalStackError } from '../local-stack.errors.js';
import { freePorts, requireFreePort } from '../network/ports.js';
import { IssuerMemory } from './memory-adapter.js';
import {
  clientMetadata,
  defaultTtlSeconds,
  longestTtlSeconds,
  providerConfiguration,
  resource,
} from './provider-configuration.js';

export interface IssuerClient {
  /** `client_id`, and the subject of its tokens. */
  readonly id: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  /** Lifetime of its tokens, 1 to 86,400; default 3,600. */
  readonly ttlSeconds?: number;
}

export interface TokenRequest {
  readonly tenant: string;
  readonly roles: readonly string[];
  /** Default: `dev-` and the tenant. */
  readonly subject?: string;
  readonly ttlSeconds?: number;
}

export interface StartIssuerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** `aud` of the tokens, default `myelin`. */
  readonly audience?: string;
  readonly clients?: readonly IssuerClient[];
}

export interface DevelopmentIssuer {
  /** `http://127.0.0.1:<port>`; discovery lies at `/.well-known/openid-configuration`. */
  readonly issuer: string;
  readonly audience: string;
  readonly tokenEndpoint: string;
  /** Client id -> secret, made at random at each start. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Registers another client and returns its secret. */
  register(client: IssuerClient): string;
  /** An access token from the token endpoint, for a client registered for the purpose. @throws LocalStackError local-stack.issuer-refused */
  token(request: TokenRequest): Promise<string>;
  stop(): Promise<void>;
}

/**
 * A certified OpenID provider (oidc-provider) for development: client credentials grant, ES256 keys made at start.
 * Runs inside this process.
 * @throws LocalStackError local-stack.port-taken
 */
export async function startIssuer(options: StartIssuerOptions = {}): Promise<DevelopmentIssuer> {
  const { audience = 'myelin' } = options;
  if (options.port !== undefined) await requireFreePort(options.port, 'the development issuer');
  const [port = 0] = options.port === undefined ? await freePorts(1) : [options.port];
  const issuer = `http://127.0.0.1:${port}`;
  const memory = new IssuerMemory();
  const provider = new Provider(issuer, await providerConfiguration(memory, audience));
  const handle = provider.callback();
  const secrets = new Map<string, string>();
  const register = (client: IssuerClient): string => {
    const secret = randomBytes(32).toString('base64url');
    memory.put('Client', client.id, registration(client, secret));
    secrets.set(client.id, secret);
    return secret;
  };
  options.clients?.forEach(register);
  const server = await listen(
    createServer((request, response) => void handle(request, response)),
    port,
  );
  const tokenEndpoint = `${issuer}/token`;
  return {
    ...{ issuer, audience, tokenEndpoint, secrets, register },
    token: async ({ subject, ...request }) => {
      const id = subject ?? `dev-${request.tenant}`;
      return fetchToken(tokenEndpoint, id, register({ id, ...request }));
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function registration(client: IssuerClient, secret: string): Record<string, unknown> {
  const { ttlSeconds = defaultTtlSeconds } = client;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > longestTtlSeconds) {
    throw LocalStackError.permanent('local-stack.issuer-refused', `ttlSeconds must be 1 to ${longestTtlSeconds}`);
  }
  return {
    client_id: client.id,
    client_secret: secret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    [clientMetadata.tenant]: client.tenant,
    [clientMetadata.roles]: [...client.roles],
    [clientMetadata.ttlSeconds]: ttlSeconds,
  };
}

async function fetchToken(endpoint: string, id: string, secret: string): Promise<string> {
  const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`; // RFC 6749, 2.3.1
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
  });
  const body = (await response.json()) as { access_token?: string; error?: string; error_description?: string };
  if (response.ok && body.access_token !== undefined) return body.access_token;
  const message = `the development issuer refused a token: ${body.error} ${body.error_description ?? ''}`;
  throw LocalStackError.permanent('local-stack.issuer-refused', message.trim());
}

function listen(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
