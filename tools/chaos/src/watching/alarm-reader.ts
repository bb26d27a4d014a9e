import { OperatorClient, type ShownAlarm, shownAlarms } from '@myelin/fleet-simulator';
import type { ChaosSystem } from '../chaos-system.js';
import type { Occurrence } from './occurrences.js';

/** Of one device and rule. */
export interface FoundAlarm extends Occurrence {
  readonly device: string;
  /** When the service noticed, by its clock. */
  readonly raiseNoticedMs: number;
  readonly clearNoticedMs: number | undefined;
}

/** A tenant's rules and alarms through the public API. */
export class AlarmReader {
  readonly #client: OperatorClient;

  constructor(chaos: ChaosSystem, tenant: string) {
    this.#client = new OperatorClient(chaos.system.url('alerting'), () => chaos.system.stack.operatorToken(tenant));
  }

  async putRule(id: string, definition: object): Promise<void> {
    await this.#client.expect([200, 201], 'PUT', `/v1/rules/${id}`, { body: definition });
  }

  /** Active ones and cleared ones, of devices. */
  async alarmsOf(rule: string, device?: string): Promise<FoundAlarm[]> {
    const found: FoundAlarm[] = [];
    for await (const alarm of shownAlarms(this.#client, rule, device)) found.push(foundAlarm(alarm));
    return found;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function foundAlarm({ device, startedAt, clearedAt, raiseNoticedAt, clearNoticedAt }: ShownAlarm): FoundAlarm {
  return {
    device,
    ...{ startMs: Date.parse(startedAt), raiseNoticedMs: Date.parse(raiseNoticedAt) },
    endMs: clearedAt === undefined ? undefined : Date.parse(clearedAt),
    clearNoticedMs: clearNoticedAt === undefined ? undefined : Date.parse(clearNoticedAt),
  };
}
