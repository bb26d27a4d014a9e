import { counter, histogram, metricAttributes as names, metrics } from '@myelin/observability';
import type { Alarm, AlarmChange } from '../domain/alarms/alarm.js';

/** How soon alarms are noticed, acknowledged and over. Without tenants and devices: they are too many. */
export class AlarmMetrics {
  private readonly raised = counter(metrics.alarmsRaised);
  private readonly cleared = counter(metrics.alarmsCleared);
  private readonly inhibited = counter(metrics.alarmsInhibited);
  private readonly detect = histogram(metrics.timeToDetect);
  private readonly acknowledge = histogram(metrics.timeToAcknowledge);
  private readonly clear = histogram(metrics.timeToClear);

  /** To be called when the changes are committed. */
  record(changes: readonly AlarmChange[]): void {
    for (const { alarm, entry } of changes) {
      if (entry.kind === 'raise') this.recordRaise(alarm);
      if (entry.kind === 'inhibit' || (entry.kind === 'raise' && alarm.inhibitedBy !== undefined))
        this.inhibited.add(1, { [names.severity]: alarm.severity });
      if (entry.kind === 'clear') this.recordClear(alarm, entry.atMs);
      if (entry.kind === 'acknowledge') this.acknowledge.record(secondsBetween(alarm.raiseNoticedAtMs, entry.atMs));
    }
  }

  private recordRaise({ severity, raisedAtMs, raiseNoticedAtMs }: Alarm): void {
    this.raised.add(1, { [names.severity]: severity });
    this.detect.record(secondsBetween(raisedAtMs, raiseNoticedAtMs), { [names.severity]: severity });
  }

  private recordClear({ severity, clearReason, raiseNoticedAtMs }: Alarm, atMs: number): void {
    const attributes = { [names.severity]: severity };
    this.cleared.add(1, { ...attributes, ...(clearReason !== undefined && { [names.reason]: clearReason }) });
    this.clear.record(secondsBetween(raiseNoticedAtMs, atMs), attributes);
  }
}

/** The clock of a device may be ahead of ours. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1_000;
}
