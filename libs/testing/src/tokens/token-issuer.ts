import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID, type webcrypto } from 'node:crypto';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

export interface ClaimsToSign {
  readonly tenant?: string;
  readonly roles?: readonly string[];
  /** Default `test-operator`. */
  readonly subject?: string;
  /** Seconds from now; negative = already over. Default 600. */
  readonly expiresInSeconds?: number;
  /** In place of the issuer's own, for tokens that must be refused. */
  readonly audience?: string;
  readonly issuer?: string;
  /** On top of, or in place of, the other claims. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signs with a key that the issuer does not publish. */
  readonly foreignKey?: boolean;
}

export interface TokenIssuer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, with discovery and a JWKS. */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** An ES256 access token. */
  token(claims: ClaimsToSign): Promise<string>;
  close(): Promise<void>;
}

/** A token issuer for suites, over real HTTP: faster and ruder than the development issuer, it also signs nonsense. */
export async function startTokenIssuer(audience = 'myelin'): Promise<TokenIssuer> {
  const keyId = randomUUID();
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const foreign = await generateKeyPair('ES256');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: keyId }] };
  const server = createServer((request, response) => {
    const documents: Record<string, unknown> = {
      '/jwks': keys,
      '/.well-known/openid-configuration': { issuer: issuerOf(server), jwks_uri: `${issuerOf(server)}/jwks` },
    };
    const document = documents[request.url ?? ''];
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  const issuer = issuerOf(server);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    ...{ issuer, audience, jwksUrl: `${issuer}/jwks` },
    token: (claims) =>
      sign(claims, { issuer, audience, keyId, key: claims.foreignKey ? foreign.privateKey : privateKey }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function sign(
  wanted: ClaimsToSign,
  own: { issuer: string; audience: string; keyId: string; key: webcrypto.CryptoKey },
): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const payload = {
    iss: wanted.issuer ?? own.issuer,
    aud: wanted.audience ?? own.audience,
    sub: wanted.subject ?? 'test-operator',
    iat: nowSeconds,
    exp: nowSeconds + (wanted.expiresInSeconds ?? 600),
    ...(wanted.tenant === undefined ? {} : { myelin_tenant: wanted.tenant }),
    ...(wanted.roles === undefined ? {} : { myelin_roles: [...wanted.roles] }),
    ...wanted.claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: own.keyId, typ: 'at+jwt' }).sign(own.key);
}

function issuerOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
