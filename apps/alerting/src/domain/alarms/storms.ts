import type { CompleteBrake } from '../rules/storm-brake.js';
import type { Alarm, NewAlarm, Storm, StormGrouping } from './alarm.js';
import type { AlarmBook } from './alarm-book.js';
import type { Found, RuleAndDevice } from './found.js';
import { stormId } from './occurrence-id.js';

/** Whose alarms of a rule can be a storm together. What it has in place of a device is no device's id. */
export interface StormGroup extends RuleAndDevice {
  readonly by: StormGrouping;
  readonly name?: string;
}

/** How many devices of the group the rule concerns. */
export type CountConcerned = (group: StormGroup) => number;

/** What has to be counted before it is known whether alarms are a storm. */
export interface UndecidedGroup {
  readonly group: StormGroup;
  readonly version: number;
  /** Those that raised one now; they do not count as earlier ones. */
  readonly devices: readonly string[];
  readonly windowMs: number;
}

export interface EarlierRaises {
  /** Alarms that were raised later are counted: within the window, and since the group's last storm was over. */
  readonly sinceMs: number;
  readonly devices: number;
}

type Grouped = Pick<Alarm, 'rule' | 'site' | 'profile'>;

/** The widest first. */
function groupsOf({ rule, site, profile }: Grouped, { by }: CompleteBrake): readonly StormGroup[] {
  const whole: StormGroup = { rule, device: '*', by: 'rule' };
  if (by === undefined) return [whole];
  const name = by === 'site' ? site : profile;
  return [whole, { rule, device: `*${by}/${name ?? ''}`, by, ...(name === undefined ? {} : { name }) }];
}

/** All groups that what was found can be a storm of, each once. */
export function stormGroupsOf(found: readonly Found[]): StormGroup[] {
  const groups = new Map<string, StormGroup>();
  for (const one of found) {
    if (one.kind !== 'raised' || one.brake === undefined) continue;
    for (const group of groupsOf(one, one.brake)) groups.set(groupKeyOf(group), group);
  }
  return [...groups.values()];
}

/** Neither part can hold a line end. */
export function groupKeyOf({ rule, device }: RuleAndDevice): string {
  return `${rule}\n${device}`;
}

/** Enough devices have no alarm any more. Half of what began it, so that a few of them do not begin and end it in turn. */
export function isStormOver({ limit }: Storm, devices: number): boolean {
  return devices <= Math.floor(limit / 2);
}

/** What a rule has raised in a group. */
interface Raised {
  readonly group: StormGroup;
  readonly version: number;
  readonly brake: CompleteBrake;
  readonly alarms: Alarm[];
}

/**
 * Holds back what a stretch of findings raises, where it is a storm, behind an alarm for all of it. To be made when the book has
 * taken the findings: what was raised before is not looked at again.
 */
export class Storms {
  /** By rule; the whole rule is first. */
  private readonly raised: readonly (readonly Raised[])[];

  /** @param book with the active alarms of {@link stormGroupsOf} */
  constructor(
    private readonly book: AlarmBook,
    found: readonly Found[],
  ) {
    const brakes = new Map<string, { version: number; brake: CompleteBrake }>();
    for (const one of found) {
      if (one.kind !== 'raised' || one.brake === undefined) continue;
      const { rule, ruleVersion: version, brake } = one;
      if ((brakes.get(rule)?.version ?? 0) < version) brakes.set(rule, { version, brake });
    }
    this.raised = [...brakes].map(([rule, of]) => this.raisedBy(rule, of));
  }

  undecided(): UndecidedGroup[] {
    return this.raised.flatMap((groups) => {
      const [whole] = groups;
      // A storm of the whole rule takes all of them, so nothing else has to be known.
      if (whole === undefined || this.stormOf(whole) !== undefined) return [];
      return groups
        .filter((one) => this.stormOf(one) === undefined)
        .map(({ group, version, brake: { windowMs }, alarms }) => ({
          ...{ group, version, windowMs, devices: [...new Set(alarms.map(({ device }) => device))] },
        }));
    });
  }

  /** @param earlier of what was undecided, by `groupKeyOf` @param atMs when it is noticed */
  decide(earlier: ReadonlyMap<string, EarlierRaises>, concerned: CountConcerned, atMs: number): void {
    for (const groups of this.raised) {
      for (const one of groups) {
        const before = earlier.get(groupKeyOf(one.group));
        const storm = this.stormOf(one) ?? (before && this.begin(one, before, concerned, atMs));
        if (storm === undefined) continue;
        this.book.inhibitRaised(new Set(one.alarms.map(({ id }) => id)), storm.id);
        if (one.group.by === 'rule') break;
      }
    }
  }

  private raisedBy(rule: string, { version, brake }: { version: number; brake: CompleteBrake }): Raised[] {
    const groups = new Map<string, Raised>();
    for (const { alarm, entry } of this.book.changes) {
      if (entry.kind !== 'raise' || alarm.rule !== rule || alarm.ruleVersion !== version) continue;
      for (const group of groupsOf(alarm, brake)) {
        const known = groups.get(group.device);
        if (known === undefined) groups.set(group.device, { group, version, brake, alarms: [alarm] });
        else known.alarms.push(alarm);
      }
    }
    return [...groups.values()];
  }

  private stormOf({ group, version }: Raised): Alarm | undefined {
    const active = this.book.activeOf(group);
    return active?.ruleVersion === version ? active : undefined;
  }

  private begin(raised: Raised, earlier: EarlierRaises, concerned: CountConcerned, atMs: number): Alarm | undefined {
    const { group, version, brake, alarms } = raised;
    const devices = earlier.devices + new Set(alarms.map(({ device }) => device)).size;
    if (devices < brake.atLeast) return undefined;
    const count = concerned(group);
    const limit = Math.max(brake.atLeast - 1, Math.floor(brake.share * count + 1e-9));
    if (devices <= limit) return undefined;
    const former = this.book.activeOf(group);
    // What somebody raised who has not heard yet that the rule has changed.
    if (former !== undefined && former.ruleVersion > version) return undefined;
    if (former !== undefined) this.book.clearActive(group, 'rule-changed', atMs);
    const one = oneTooMany(alarms, limit - earlier.devices);
    const storm: Storm = {
      ...{ by: group.by, ...(group.name === undefined ? {} : { name: group.name }), device: one.device },
      ...{ devices, concerned: count, limit, sinceMs: earlier.sinceMs, windowMs: brake.windowMs },
    };
    this.book.raiseStorm(stormAlarm(group, one, storm, atMs), atMs);
    return this.book.activeOf(group);
  }
}

/** @param room how many more devices may raise an alarm */
function oneTooMany(alarms: readonly Alarm[], room: number): Alarm {
  const devices = new Set<string>();
  const one = alarms.find(({ device }) => devices.add(device).size > room);
  return one as Alarm;
}

function stormAlarm(
  group: StormGroup,
  { id, rule, ruleVersion, severity, labels }: Alarm,
  storm: Storm,
  atMs: number,
): Omit<NewAlarm, 'flapping'> {
  const { by, name, devices, concerned, windowMs } = storm;
  const where = by === 'rule' ? '' : name === undefined ? ` without a ${by}` : ` of ${by} ${name}`;
  const summary = `${devices} of ${concerned} devices${where} have raised ${rule} within ${windowMs / 1_000} s`;
  return {
    ...{ id: stormId(group.device, id), rule, ruleVersion, device: group.device, severity },
    ...(by === 'rule' || name === undefined ? {} : { [by]: name }),
    ...{ deviceLabels: {}, labels, annotations: { summary }, startedAtMs: atMs, raisedAtMs: atMs, storm },
  };
}
