import { meter } from '@myelin/observability';
import type { Alarm, AlarmChange } from '../domain/alarms/alarm.js';

/** From half a second to a week. */
const secondsBounds = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 604_800];

/** How soon alarms are noticed, acknowledged and over. Without tenants and devices: they are too many. */
export class AlarmMetrics {
  private readonly raised = this.counter('raised', 'Alarms raised, by severity');
  private readonly cleared = this.counter('cleared', 'Alarms cleared, by severity and reason');
  private readonly inhibited = this.counter('inhibited', 'Alarms that one of a storm stands for, by severity');
  private readonly detect = this.histogram('time_to_detect', 'From the measurement that decided to the raise');
  private readonly acknowledge = this.histogram('time_to_acknowledge', 'From the raise to its acknowledgement');
  private readonly clear = this.histogram('time_to_clear', 'From the raise to the clear');

  /** To be called when the changes are committed. */
  record(changes: readonly AlarmChange[]): void {
    for (const { alarm, entry } of changes) {
      if (entry.kind === 'raise') this.recordRaise(alarm);
      if (entry.kind === 'inhibit' || (entry.kind === 'raise' && alarm.inhibitedBy !== undefined))
        this.inhibited.add(1, { severity: alarm.severity });
      if (entry.kind === 'clear') this.recordClear(alarm, entry.atMs);
      if (entry.kind === 'acknowledge') this.acknowledge.record(secondsBetween(alarm.raiseNoticedAtMs, entry.atMs));
    }
  }

  private recordRaise({ severity, raisedAtMs, raiseNoticedAtMs }: Alarm): void {
    this.raised.add(1, { severity });
    this.detect.record(secondsBetween(raisedAtMs, raiseNoticedAtMs), { severity });
  }

  private recordClear({ severity, clearReason, raiseNoticedAtMs }: Alarm, atMs: number): void {
    this.cleared.add(1, { severity, reason: clearReason });
    this.clear.record(secondsBetween(raiseNoticedAtMs, atMs), { severity });
  }

  private counter(name: string, description: string) {
    return meter('@myelin/alerting').createCounter(`myelin.alerting.alarms.${name}`, { unit: '{alarm}', description });
  }

  private histogram(name: string, description: string) {
    return meter('@myelin/alerting').createHistogram(`myelin.alerting.alarm.${name}`, {
      ...{ unit: 's', description },
      advice: { explicitBucketBoundaries: secondsBounds },
    });
  }
}

/** The clock of a device may be ahead of ours. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1_000;
}
