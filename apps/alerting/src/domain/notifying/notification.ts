import type { Labels } from './labels.js';

export type NotificationReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed';

export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  /** Null while it fires. */
  readonly endsAtMs: number | null;
  readonly generatorUrl: string;
}

/** One message to one receiver about one group of alerts. Plain data: it is stored before it is sent. */
export interface Notification {
  readonly receiver: string;
  /** As Alertmanager writes it: route and label values. For what there are too many groups of: route and `overflow`. */
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** When the group was made; with the sequence and the two above it names the notification. */
  readonly groupCreatedAtMs: number;
  /** Counts the notifications of the group from 0. */
  readonly sequence: number;
  readonly atMs: number;
  readonly reason: NotificationReason;
  /** `firing` if one of the group fires. */
  readonly status: 'firing' | 'resolved';
  /** In Alertmanager's order. */
  readonly alerts: readonly NotifiedAlert[];
  /** How many more there are than could be held or told. */
  readonly truncatedAlerts: number;
  /** At the latest after this time the receiver hears of the group again while it fires. */
  readonly repeatsWithinMs: number;
  /** Of one of the alerts that are told for the first time, or else of the first one: carried along, never looked into. */
  readonly traceparent?: string;
}
