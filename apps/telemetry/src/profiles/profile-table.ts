import { type PayloadOf, defaultLateAfterMs, defaultLatenessMs, profileStateV1 } from '@myelin/contracts';
import { type KafkaSettings, type MessagingLogger, type TableReader, createTableReader } from '@myelin/messaging';
import type { MetricFilter, ProfilePolicy } from '../domain/profile-policy.js';

/** The profiles of all tenants, followed in memory. */
export class ProfileTable {
  private readonly policies = new Map<string, ProfilePolicy>();
  /** Keys of those with filters. */
  private readonly filtering = new Set<string>();
  private readonly reader: TableReader;

  constructor(settings: KafkaSettings, logger: MessagingLogger) {
    const onRecord = (key: string, state: PayloadOf<typeof profileStateV1> | null): void => {
      this.filtering.delete(key);
      if (state === null) this.policies.delete(key);
      else this.set(key, policyFrom(state));
    };
    this.reader = createTableReader(settings, { contract: profileStateV1, onRecord }, logger);
  }

  /** Returns at once; Kafka may come later. */
  start(): void {
    // It is rejected only by close: what fails before that is tried again and logged.
    this.reader.start().catch(() => undefined);
  }

  /** Before it is ready, a profile that exists may be missing. */
  get ready(): boolean {
    return this.reader.caughtUp;
  }

  /** Whether any profile has filters. */
  get someFilter(): boolean {
    return this.filtering.size > 0;
  }

  /** @param key `<tenant>/<profile>` */
  find(key: string): ProfilePolicy | undefined {
    return this.policies.get(key);
  }

  async close(): Promise<void> {
    await this.reader.close();
  }

  private set(key: string, policy: ProfilePolicy): void {
    this.policies.set(key, policy);
    if (policy.filters.size > 0) this.filtering.add(key);
  }
}

export function policyFrom(state: PayloadOf<typeof profileStateV1>): ProfilePolicy {
  const filters = new Map<string, MetricFilter>();
  for (const [name, { deadband, minimumIntervalMs }] of Object.entries(state.metrics)) {
    if (deadband !== undefined || minimumIntervalMs !== undefined) filters.set(name, { deadband, minimumIntervalMs });
  }
  const { expectedReportIntervalMs, lateAfterMs = defaultLateAfterMs, latenessMs = defaultLatenessMs } = state;
  return { expectedReportIntervalMs, lateAfterMs, latenessMs, filters };
}
