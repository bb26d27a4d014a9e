export interface DeadLetter {
  /** Where it stands in the dead-letter topic. */
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly originalTopic: string;
  readonly originalPartition: number;
  readonly originalOffset: bigint;
  readonly group: string;
  readonly errorClass: string;
  readonly errorMessage: string;
  readonly attempts: number;
  readonly firstFailedAt: string;
}

export interface DeadLetterQuery {
  /** Logical name of the original topic. */
  readonly topic: string;
  readonly group: string;
  readonly key?: string;
  readonly limit?: number;
}
