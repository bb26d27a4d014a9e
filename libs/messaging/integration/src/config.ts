export type CrashStep =
  'joining' | 'joined' | 'handling' | 'handled' | 'committed' | 'retrying' | 'parking' | 'parked' | 'closing' | 'never';

export interface MemberConfig {
  readonly brokers: readonly string[];
  readonly namespace: string;
  readonly event: string;
  readonly partitions: number;
  readonly group: string;
  readonly crashAt: CrashStep;
  /** How long the handler takes for a record. */
  readonly handleMs: number;
}

/** What a member that runs as a process of its own is to do. */
export function memberConfig(env: NodeJS.ProcessEnv = process.env): MemberConfig {
  return {
    brokers: (env['KAFKA_BROKERS'] ?? '').split(','),
    namespace: env['KAFKA_NAMESPACE'] ?? '',
    event: env['MEMBER_EVENT'] ?? '',
    partitions: Number(env['MEMBER_PARTITIONS'] ?? '1'),
    group: env['MEMBER_GROUP'] ?? '',
    crashAt: (env['MEMBER_CRASH_AT'] ?? 'never') as CrashStep,
    handleMs: Number(env['MEMBER_HANDLE_MS'] ?? '0'),
  };
}
