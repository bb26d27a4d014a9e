/** How a device compared with others of its profile or site in a round. */
export interface PeerDeviation {
  readonly value: number;
  /** Standard deviations from the others' median, positive above it. */
  readonly deviation: number;
  readonly by: 'profile' | 'site';
  readonly cohort: string;
  /** With how many it was compared. */
  readonly others: number;
}

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
  /** Of what is raised because the device is unlike its peers. */
  readonly peers?: PeerDeviation;
}

/** What a rule has found of a device. */
export interface DeviceTransition extends Transition {
  /** `<tenant>/<device>` */
  readonly key: string;
}
