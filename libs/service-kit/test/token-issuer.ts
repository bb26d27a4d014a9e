import { createHmac } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';

export const audience = 'myelin';

export interface TokenOptions {
  readonly tenant?: unknown;
  readonly roles?: unknown;
  readonly audience?: string;
  readonly issuer?: string;
  readonly subject?: string | undefined;
  /** Seconds from now. */
  readonly expiresIn?: number | undefined;
  readonly notBefore?: number;
  readonly kid?: string;
}

/** An OpenID provider as small as the guard needs one: discovery, keys, ES256 tokens, and tokens with every fault. */
export class TestIssuer {
  /** How often its keys were asked for. */
  keyRequests = 0;
  /** What discovery claims to be, when not itself. */
  claims: string | undefined;

  private constructor(
    private readonly server: Server,
    private signing: { readonly kid: string; readonly key: CryptoKey; readonly spki: string },
    private jwks: object,
  ) {}

  static async start(): Promise<TestIssuer> {
    const first = await newKey('k1');
    const server = createServer();
    const issuer = new TestIssuer(server, first, { keys: [first.jwk] });
    server.on('request', (request, response) => {
      const isDiscovery = request.url === '/.well-known/openid-configuration';
      if (!isDiscovery) issuer.keyRequests += 1;
      const discovery = { issuer: issuer.claims ?? issuer.url, jwks_uri: `${issuer.url}/keys` };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(isDiscovery ? discovery : issuer.jwks));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on signs with a new key, and serves only that one. */
  async rotate(kid: string): Promise<void> {
    const next = await newKey(kid);
    this.signing = next;
    this.jwks = { keys: [next.jwk] };
  }

  async token(options: TokenOptions = {}): Promise<string> {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const { tenant = 'acme', roles = ['viewer'], expiresIn = 60, subject = 'ada' } = options;
    const token = new SignJWT({ myelin_tenant: tenant, myelin_roles: roles })
      .setProtectedHeader({ alg: 'ES256', kid: options.kid ?? this.signing.kid })
      .setIssuer(options.issuer ?? this.url)
      .setAudience(options.audience ?? audience)
      .setIssuedAt(nowSeconds);
    if ('subject' in options ? options.subject !== undefined : true) token.setSubject(subject);
    if ('expiresIn' in options ? options.expiresIn !== undefined : true)
      token.setExpirationTime(nowSeconds + expiresIn);
    if (options.notBefore !== undefined) token.setNotBefore(nowSeconds + options.notBefore);
    return token.sign(this.signing.key);
  }

  /** A valid token's claims under `alg: none`. */
  async unsigned(): Promise<string> {
    const [, payload] = (await this.token({ roles: ['admin'] })).split('.');
    return `${encoded({ alg: 'none', kid: this.signing.kid })}.${payload}.`;
  }

  /** The classic confusion: HMAC with the public key, which everybody knows, as its secret. */
  async hmacWithPublicKey(): Promise<string> {
    const [, payload] = (await this.token({ roles: ['admin'] })).split('.');
    const signed = `${encoded({ alg: 'HS256', kid: this.signing.kid })}.${payload}`;
    return `${signed}.${createHmac('sha256', this.signing.spki).update(signed).digest('base64url')}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => void this.server.close(() => done()));
  }
}

function encoded(header: object): string {
  return Buffer.from(JSON.stringify(header)).toString('base64url');
}

async function newKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  return { kid, key: privateKey, spki: await exportSPKI(publicKey), jwk };
}
