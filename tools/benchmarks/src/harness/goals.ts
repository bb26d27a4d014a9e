import type { Direction } from './statistics.js';

export interface Goal {
  readonly path: string;
  readonly unit: string;
  readonly direction: Direction;
  /** What is promised. */
  readonly ship: number;
  /** What would be splendid; null where there is no such figure. */
  readonly stretch: number | null;
}

/** A ratio is the anchor's CPU per message divided by ours in the same run, server process only. */
export const goals = {
  T1: atLeast('MQTT QoS 1, one in flight, against a bare socket that answers', 'ratio', 0.6, 0.8),
  T2: atLeast('MQTT QoS 1, one in flight, against mosquitto', 'ratio', 0.65, 0.85),
  T3: atLeast('MQTT backlog, against aedes', 'ratio', 1, 1.8),
  T5: atLeast('HTTP single, publishing included, against node:http that only answers', 'ratio', 0.45, 0.65),
  T6: atLeast('HTTP batch of 100, messages per CPU-second against T5', 'ratio', 5, 10),
  T7: atLeast('publish, 500 and more per request, against kafkajs send', 'ratio', 2, 10),
  T8: atLeast('records per produce request at 20,000 messages per second', 'records', 80, 400),
  T9: atLeast('writer, Kafka to PostgreSQL, against COPY of encoded rows', 'ratio', 0.7, 0.85),
  T11: atLeast('whole pipeline, against the textbook stack', 'ratio', 10, 20),
  T12: atLeast('all in one on 2 cores, HTTP batches of 10', 'msg/s', 40_000, 60_000),
  T13: atMost('publish to queryable at half of T12, p99', 'ms', 1_000, 250),
  'T13.lost': atMost('lost meanwhile', 'messages', 0, 0),
  'T13.doubled': atMost('doubled meanwhile', 'messages', 0, 0),
  T14: atLeast('catch-up after the database was away, against the live rate', 'ratio', 3, 5),
  'T15.bytes': atMost('memory per device of 1,000,000', 'bytes', 100, 83),
  'T15.lagMs': atMost('from the deadline of a silence until it is found', 'ms', 1_000, null),
  'T15.corePercent': atMost('share of a core for heartbeats of 1,000,000 devices', '%', 2, null),
  T16: atMost('memory per idle connection, plain', 'KB', 8, 4),
  'T16.tls': atMost('memory per idle connection, TLS', 'KB', 60, 40),
  T17: atLeast('reconnect storm, share of resumed sessions', '%', 90, null),
  'T17.cpu': atMost('CPU per reconnect, against a full handshake', 'ratio', 0.6, 0.5),
  T18: atLeast('firmware range, hot image, against a handler in memory', 'ratio', 0.85, 0.95),
  T19: atMost('telemetry at default sampling, against none', '%', 3, 1),
  'alert-eval.10': atMost('10 threshold rules on a message, beyond decoding it', 'us', 3, null),
  'nab.standard': atLeast('labelled series, Numenta Anomaly Benchmark, standard profile', 'points', 55, 70),
  T20: atLeast('retention of a day, against DELETE of the same rows', 'ratio', 50, null),
} as const satisfies Record<string, Goal>;

export type GoalId = keyof typeof goals;

export function goalOf(id: string): Goal | undefined {
  return Object.hasOwn(goals, id) ? goals[id as GoalId] : undefined;
}

/** A value that is no number (nothing was measured) meets nothing. */
export function isMet({ direction, ship }: Goal, value: number): boolean {
  return direction === 'at-least' ? value >= ship : value <= ship;
}

function atLeast(path: string, unit: string, ship: number, stretch: number | null): Goal {
  return { path, unit, direction: 'at-least', ship, stretch };
}

function atMost(path: string, unit: string, ship: number, stretch: number | null): Goal {
  return { path, unit, direction: 'at-most', ship, stretch };
}
