import { OperatorClient } from '@myelin/fleet-simulator';
import type { ChaosSystem } from '../chaos-system.js';
import type { Occurrence } from './occurrences.js';

/** Of one device and rule. */
export interface FoundAlarm extends Occurrence {
  readonly device: string;
  /** When the service noticed, by its clock. */
  readonly raiseNoticedMs: number;
  readonly clearNoticedMs: number | undefined;
}

interface AlarmPage {
  readonly items: readonly {
    readonly device: string;
    readonly startedAt: string;
    readonly clearedAt?: string;
    readonly raiseNoticedAt: string;
    readonly clearNoticedAt?: string;
  }[];
  readonly nextCursor?: string;
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

  /** Active ones and cleared ones of devices; storms have alarms beside them. */
  async alarmsOf(rule: string, device?: string): Promise<FoundAlarm[]> {
    const found: FoundAlarm[] = [];
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const query = new URLSearchParams({ rule, storm: 'false', limit: '1000' });
      if (device !== undefined) query.set('device', device);
      if (cursor !== undefined) query.set('cursor', cursor);
      const { text } = await this.#client.expect([200], 'GET', `/v1/alarms?${query.toString()}`);
      const page = JSON.parse(text) as AlarmPage;
      found.push(...page.items.map(foundAlarm));
      cursor = page.nextCursor;
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function foundAlarm({
  device,
  startedAt,
  clearedAt,
  raiseNoticedAt,
  clearNoticedAt,
}: AlarmPage['items'][number]): FoundAlarm {
  return {
    device,
    ...{ startMs: Date.parse(startedAt), raiseNoticedMs: Date.parse(raiseNoticedAt) },
    endMs: clearedAt === undefined ? undefined : Date.parse(clearedAt),
    clearNoticedMs: clearNoticedAt === undefined ? undefined : Date.parse(clearNoticedAt),
  };
}
