export interface OperatorAuthSettings {
  /** Exactly the `iss` of tokens, e.g. `https://issuer.example/realms/fleet`. */
  readonly issuer: string;
  /** Must be among the token's `aud`. */
  readonly audience: string;
  /** Allow-list of signature algorithms. Default: `defaultAlgorithms`. `none` and HS* are refused at start-up. */
  readonly algorithms?: readonly string[];
  /** Where the keys are. Default: `jwks_uri` of `<issuer>/.well-known/openid-configuration`. */
  readonly jwksUrl?: string;
  /** How far clocks may differ, in ms. Default 5,000. */
  readonly clockToleranceMs?: number;
}

export const defaultAlgorithms: readonly string[] = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'];
