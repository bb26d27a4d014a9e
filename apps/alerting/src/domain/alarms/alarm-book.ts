import { type Alarm, type AlarmChange, type ClearByRule, type NewAlarm, clearByRule, raise } from './alarm.js';
import { type Flapping, changedTo, steady } from './flapping.js';
import type { Found, FoundClear, FoundRaise, RuleAndDevice } from './found.js';
import { occurrenceId } from './occurrence-id.js';

/** What is remembered of a rule and device beside its alarms. */
export interface FlappingMemory extends RuleAndDevice {
  readonly flapping: Flapping;
  /** When the condition last changed, in event time; null before its first change. */
  readonly changedAtMs: number | null;
}

/** The last instant of a four-digit year: what no date and time can name is taken for it. */
const latestInstantMs = 253_402_300_799_999;

/**
 * The alarms of a tenant that a stretch of findings is about. Whatever is found again changes nothing: an occurrence is raised
 * once and cleared once.
 */
export class AlarmBook {
  readonly changes: AlarmChange[] = [];
  private readonly alarms = new Map<string, Alarm>();
  private readonly active = new Map<string, Alarm>();
  private readonly memories = new Map<string, FlappingMemory>();
  private readonly touched = new Set<string>();

  /** @param alarms those that are found again, and all active ones of the rules and devices that something is found of */
  constructor(
    private readonly tenant: string,
    alarms: readonly Alarm[],
    memories: readonly FlappingMemory[],
  ) {
    for (const alarm of alarms) this.remember(alarm);
    for (const memory of memories) this.memories.set(keyOf(memory), memory);
  }

  /** @param atMs when it was noticed */
  take(found: Found, atMs: number): void {
    if (found.kind === 'raised') this.raise(found, atMs);
    else this.clear(found, atMs);
  }

  activeOf(of: RuleAndDevice): Alarm | undefined {
    return this.active.get(keyOf(of));
  }

  /** Raises the alarm of a storm, whose times are the service's. It comes before those that it stands for. */
  raiseStorm(alarm: Omit<NewAlarm, 'flapping'>, atMs: number): void {
    const change = raise({ ...alarm, flapping: this.look(alarm, true, atMs) }, atMs);
    this.changes.unshift(change);
    this.remember(change.alarm);
  }

  /** Alarms that were raised here belong to a storm's from the beginning. */
  inhibitRaised(ids: ReadonlySet<string>, by: string): void {
    for (const [i, { alarm, entry }] of this.changes.entries()) {
      if (!ids.has(alarm.id)) continue;
      const change = { alarm: { ...alarm, inhibitedBy: by }, entry };
      this.changes[i] = change;
      this.remember(change.alarm);
    }
  }

  /** Clears whatever alarm of a rule and device is active. */
  clearActive(of: RuleAndDevice, reason: ClearByRule['reason'], atMs: number): void {
    const alarm = this.active.get(keyOf(of));
    if (alarm !== undefined) this.clearAlarm(alarm, reason, atMs, atMs);
  }

  /** What has to be saved of the memories. */
  changedMemories(): FlappingMemory[] {
    return [...this.touched].map((key) => this.memories.get(key) as FlappingMemory);
  }

  private raise(found: FoundRaise, atMs: number): void {
    const id = this.idOf(found);
    if (this.alarms.has(id)) return;
    const before = this.active.get(keyOf(found));
    if (before !== undefined) {
      if (!isLater(found, before)) return;
      // Its end was never found, as when the device's metadata were others at a replay: the next one begins after it.
      const reason = before.ruleVersion === found.ruleVersion ? 'condition' : 'rule-changed';
      this.clearAlarm(before, reason, found.startMs, atMs);
    }
    const { kind: _kind, brake: _brake, startMs, atMs: raisedAtMs, ...rest } = found;
    const flapping = this.look(found, true, raisedAtMs);
    const times = { startedAtMs: nameable(startMs), raisedAtMs: nameable(raisedAtMs) };
    this.change(raise({ ...rest, ...times, annotations: storable(found.annotations), id, flapping }, atMs));
  }

  private clear(found: FoundClear, atMs: number): void {
    const alarm = this.alarms.get(this.idOf(found));
    if (alarm?.condition === 'active') this.clearAlarm(alarm, found.reason ?? 'condition', found.atMs, atMs);
  }

  private clearAlarm(alarm: Alarm, reason: ClearByRule['reason'], clearedAtMs: number, atMs: number): void {
    const flapping = reason === 'condition' ? this.look(alarm, false, clearedAtMs) : this.forgetLooks(alarm);
    this.change(clearByRule(alarm, { reason, clearedAtMs: nameable(clearedAtMs), flapping }, atMs) as AlarmChange);
  }

  private look({ rule, device }: RuleAndDevice, active: boolean, atMs: number): boolean {
    const key = keyOf({ rule, device });
    const { flapping: before, changedAtMs } = this.memories.get(key) ?? { flapping: steady, changedAtMs: null };
    const flapping = changedTo(before, active, changedAtMs === null ? 0 : atMs - changedAtMs);
    this.memories.set(key, { rule, device, flapping, changedAtMs: nameable(atMs) });
    this.touched.add(key);
    return flapping.flapping;
  }

  /** Another rule, or none, is another condition. */
  private forgetLooks({ rule, device }: RuleAndDevice): boolean {
    const key = keyOf({ rule, device });
    this.memories.set(key, { rule, device, flapping: steady, changedAtMs: null });
    this.touched.add(key);
    return false;
  }

  private change(change: AlarmChange): void {
    this.changes.push(change);
    this.remember(change.alarm);
  }

  private remember(alarm: Alarm): void {
    const key = keyOf(alarm);
    this.alarms.set(alarm.id, alarm);
    if (alarm.condition === 'active') this.active.set(key, alarm);
    else if (this.active.get(key)?.id === alarm.id) this.active.delete(key);
  }

  private idOf({ rule, ruleVersion: version, device, startMs }: Found): string {
    return occurrenceId({ tenant: this.tenant, rule, version, device, startMs });
  }
}

function isLater(found: FoundRaise, alarm: Alarm): boolean {
  if (found.ruleVersion !== alarm.ruleVersion) return found.ruleVersion > alarm.ruleVersion;
  return found.startMs > alarm.startedAtMs;
}

/** They may quote what devices say: PostgreSQL's text has no NUL, and UTF-8 no half characters. */
function storable(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, text.replaceAll('\0', '\uFFFD').toWellFormed()]),
  );
}

function nameable(ms: number): number {
  return Math.min(ms, latestInstantMs);
}

/** Neither can hold a line end. */
function keyOf({ rule, device }: RuleAndDevice): string {
  return `${rule}\n${device}`;
}
