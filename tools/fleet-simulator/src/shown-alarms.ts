import type { OperatorClient } from './operator-client.js';

/** What the API shows of an alarm, as far as it is held against anything here. */
export interface ShownAlarm {
  readonly device: string;
  readonly startedAt: string;
  readonly clearedAt?: string;
  readonly raiseNoticedAt: string;
  readonly clearNoticedAt?: string;
  readonly clearReason?: string;
  readonly flapping: boolean;
}

const pageSize = 1_000;

/**
 * A rule's alarms of devices, active and cleared, the one that was noticed last first. The alarm of a storm is none of a device:
 * those that it stands for are there as well.
 *
 * @param alerting of the service alerting
 */
export async function* shownAlarms(
  alerting: OperatorClient,
  rule: string,
  device?: string,
): AsyncGenerator<ShownAlarm> {
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const query = new URLSearchParams({
      ...{ rule, storm: 'false', limit: String(pageSize) },
      ...(device !== undefined && { device }),
      ...(cursor !== '' && { cursor }),
    });
    const { text } = await alerting.expect([200], 'GET', `/v1/alarms?${query.toString()}`);
    const { items, nextCursor } = JSON.parse(text) as { items: ShownAlarm[]; nextCursor?: string };
    yield* items;
    cursor = nextCursor;
  }
}
