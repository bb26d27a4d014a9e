import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import type { Configuration, JWK, ResourceServer } from 'oidc-provider';
import type { IssuerMemory } from './memory-adapter.js';

/** The resource that tokens are asked for (RFC 8707 wants a URI); their `aud` is the audience. */
export const resource = 'urn:myelin:api';

/** What a registered development client carries beside the standard metadata. */
export const clientMetadata = {
  tenant: 'myelin_tenant',
  roles: 'myelin_roles',
  ttlSeconds: 'myelin_ttl_seconds',
} as const;

export const longestTtlSeconds = 24 * 3_600;
export const defaultTtlSeconds = 3_600;

/** Client credentials only, JWT access tokens, keys that did not exist before this start. */
export async function providerConfiguration(memory: IssuerMemory, audience: string): Promise<Configuration> {
  const resourceServer = (ttlSeconds: unknown): ResourceServer => ({
    scope: '',
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: typeof ttlSeconds === 'number' ? ttlSeconds : defaultTtlSeconds,
    jwt: { sign: { alg: 'ES256' } },
  });
  return {
    adapter: memory.adapter(),
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    responseTypes: [],
    scopes: [],
    // There is no RSA key that the default would want.
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, _indicator, client) => resourceServer(client[clientMetadata.ttlSeconds]),
      },
    },
    ttl: { ClientCredentials: (_context, token) => token.resourceServer?.accessTokenTTL ?? defaultTtlSeconds },
    extraClientMetadata: { properties: Object.values(clientMetadata) },
    extraTokenClaims: (_context, token) => {
      const client = 'client' in token ? token.client : undefined;
      return {
        myelin_tenant: client?.[clientMetadata.tenant],
        myelin_roles: client?.[clientMetadata.roles],
      };
    },
  };
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: randomBytes(8).toString('hex') } as JWK;
}
