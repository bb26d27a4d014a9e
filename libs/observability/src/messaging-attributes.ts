/**
 * Instruments of OpenTelemetry's messaging conventions, v1.44.0: name and unit. Never with a key or a device id as an
 * attribute.
 */
export const messagingMetrics = {
  /** Histogram, seconds. */
  operationDuration: 'messaging.client.operation.duration',
  /** Counter, {message}. */
  sentMessages: 'messaging.client.sent.messages',
  /** Counter, {message}. */
  consumedMessages: 'messaging.client.consumed.messages',
  /** Histogram, seconds. */
  processDuration: 'messaging.process.duration',
} as const;

/** Histogram boundaries in seconds that the conventions advise. */
export const durationBucketsSeconds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
