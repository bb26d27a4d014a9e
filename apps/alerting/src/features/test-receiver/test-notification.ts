import type { Notification } from '../../domain/notifying/notification.js';

/** Alertmanagers take the alert for over after some minutes; nobody says so to them. */
const repeatsWithinMs = 60_000;

/** What nobody can take for an alarm: it says what it is, and that nothing has happened. */
export function testNotification(of: {
  readonly tenant: string;
  readonly receiver: string;
  /** Who asks for it. */
  readonly actor: string;
  readonly nowMs: number;
}): Notification {
  const { tenant, receiver, actor, nowMs } = of;
  const groupLabels = { alertname: 'ReceiverTest' };
  const summary = `This is a test of the receiver ${receiver} that ${actor} asked for; nothing has happened`;
  return {
    ...{ receiver, groupKey: '{}:{alertname="ReceiverTest"}', groupLabels, groupCreatedAtMs: nowMs, sequence: 0 },
    ...{ atMs: nowMs, reason: 'first notification', status: 'firing', truncatedAlerts: 0, repeatsWithinMs },
    alerts: [
      {
        ...{ status: 'firing', labels: { ...groupLabels, severity: 'info', tenant, test: 'true' } },
        ...{ annotations: { summary }, startsAtMs: nowMs, endsAtMs: null, generatorUrl: '' },
      },
    ],
  };
}
