/** What a rule says of a device at a moment. The occurrence is named by its rule, version, device and `startMs`. */
export interface Transition {
  readonly kind: 'raised' | 'cleared';
  readonly rule: string;
  readonly version: number;
  /** When the condition began to hold, in event time. */
  readonly startMs: number;
  /** The reading that decided, in event time. */
  readonly atMs: number;
  /** Of what is cleared although its condition may hold on. */
  readonly reason?: 'schedule-ended';
}
