import {
  type DevelopmentIssuer,
  type Progress,
  type Stack,
  type StartStackOptions,
  startStack,
} from '@myelin/local-stack';
import { MainJobError } from './main-job.errors.js';

export interface StackOptions {
  /** Kept between runs; without it everything is thrown away at the end. */
  readonly keepFolder?: string | undefined;
  /** Random free ports instead of the fixed ones. */
  readonly freePorts: boolean;
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
  /** Sizes and settings of the servers that are started here. */
  readonly servers?: Pick<
    StartStackOptions,
    'kafkaNodes' | 'kafkaProperties' | 'kafkaHeapFixed' | 'postgresSettings' | 'postgresVolumeBytes'
  >;
}

/** What the services stand on; each part was started here unless the environment names a running one. */
export interface RunningStack {
  readonly parts: Stack;
  readonly brokers: readonly string[];
  /** Superuser. */
  readonly databaseUrl: string;
  readonly issuer: string;
  /** @throws MainJobError main-job.operator-token-missing with a foreign issuer and no OPERATOR_TOKEN */
  operatorToken(tenant: string): Promise<string>;
  stop(): Promise<void>;
}

const operatorRoles = ['admin', 'platform-admin'];
const tokenSeconds = 12 * 3_600;

export async function startRunningStack(options: StackOptions): Promise<RunningStack> {
  const parts = await startStack({
    ports: options.freePorts ? 'free' : 'fixed',
    log: options.progress,
    ...options.servers,
    ...(options.keepFolder === undefined ? {} : { keepDir: options.keepFolder }),
  });
  const { issuer, env } = parts;
  const tokens = new Map<string, { readonly token: Promise<string>; readonly renewAtMs: number }>();
  const issue = (development: DevelopmentIssuer, tenant: string): Promise<string> => {
    const known = tokens.get(tenant);
    if (known !== undefined && known.renewAtMs > Date.now()) return known.token;
    const token = development.token({ tenant, roles: operatorRoles, ttlSeconds: tokenSeconds });
    tokens.set(tenant, { token, renewAtMs: Date.now() + (tokenSeconds * 1_000) / 2 });
    return token;
  };
  return {
    parts,
    brokers: (env['KAFKA_BROKERS'] ?? '').split(','),
    databaseUrl: env['DATABASE_URL'] ?? '',
    issuer: env['OIDC_ISSUER'] ?? '',
    operatorToken: async (tenant) => {
      const given = options.env['OPERATOR_TOKEN'];
      if (issuer !== undefined) return issue(issuer, tenant);
      if (given !== undefined) return given;
      throw MainJobError.permanent(
        'main-job.operator-token-missing',
        'OIDC_ISSUER names an issuer of your own: set OPERATOR_TOKEN to one of its tokens (roles admin, platform-admin)',
      );
    },
    stop: () => parts.stop(),
  };
}
