import type { CompleteBrake } from '../rules/storm-brake.js';
import type { Found } from './found.js';

interface Raise {
  readonly name: string;
  readonly rule: string;
  readonly device: string;
  readonly site: string | undefined;
  readonly noticedMs: number;
  active: boolean;
  inhibitedBy: ReferenceStorm | undefined;
}

interface ReferenceStorm {
  readonly rule: string;
  /** Undefined = the whole rule. */
  readonly site: { readonly name: string | undefined } | undefined;
  readonly beganMs: number;
  readonly sinceMs: number;
  readonly limit: number;
  readonly devices: number;
  endedMs: number | undefined;
  inhibitedBy: ReferenceStorm | undefined;
}

/** What is to be seen of alarms and storms, in an order of its own. */
export interface StormsSeen {
  readonly alarms: readonly string[];
  readonly storms: readonly string[];
}

/**
 * Storms as they are meant, for tests, of rules of one version that brake by site or not at all: looks at everything that was
 * ever raised at each question.
 */
export class ReferenceStorms {
  private readonly raises: Raise[] = [];
  private readonly storms: ReferenceStorm[] = [];

  constructor(
    private readonly brakes: Readonly<Record<string, CompleteBrake>>,
    /** Of the whole rule without a site. */
    private readonly concerned: (rule: string, site?: { readonly name: string | undefined }) => number,
  ) {}

  apply(found: readonly Found[], atMs: number): void {
    const raisedNow: Raise[] = [];
    for (const one of found) {
      const name = `${one.rule} ${one.device} ${one.startMs}`;
      const known = this.raises.find((raise) => raise.name === name);
      if (one.kind === 'cleared' && known !== undefined) known.active = false;
      if (one.kind !== 'raised' || known !== undefined) continue;
      const { rule, device, site } = one;
      const raise = { name, rule, device, site, noticedMs: atMs, active: true, inhibitedBy: undefined };
      this.raises.push(raise);
      raisedNow.push(raise);
    }
    for (const rule of new Set(raisedNow.map((raise) => raise.rule))) {
      const news = raisedNow.filter((raise) => raise.rule === rule);
      const whole = this.stormAt(rule, undefined) ?? this.begin(rule, undefined, atMs);
      if (whole !== undefined) for (const raise of news) raise.inhibitedBy = whole;
      else if (this.brakes[rule]?.by === 'site') {
        for (const raise of news) {
          const site = { name: raise.site };
          raise.inhibitedBy = this.stormAt(rule, site) ?? this.begin(rule, site, atMs);
        }
      }
    }
  }

  end(atMs: number): void {
    for (const storm of this.storms) {
      if (storm.endedMs !== undefined) continue;
      const { windowMs } = this.brakes[storm.rule] as CompleteBrake;
      const still = this.raises.filter(
        (raise) => isOf(storm, raise) && (raise.active || raise.noticedMs > atMs - windowMs),
      );
      if (new Set(still.map(({ device }) => device)).size <= Math.floor(storm.limit / 2)) storm.endedMs = atMs;
    }
  }

  /** Names of those that are not over, as `seen` has them. */
  open(): string[] {
    return this.storms.filter(isOpen).map(nameOf);
  }

  /** Somebody says that a storm is over. */
  endByHand(name: string | undefined, atMs: number): void {
    for (const storm of this.storms) if (isOpen(storm) && nameOf(storm) === name) storm.endedMs = atMs;
  }

  place(): void {
    const widest = this.storms.filter(({ endedMs }) => endedMs === undefined).sort((a, b) => width(b) - width(a));
    for (const raise of this.raises) {
      if (!raise.active || isOpen(raise.inhibitedBy)) continue;
      raise.inhibitedBy = widest.find((storm) => isOf(storm, raise));
    }
    for (const inner of widest) {
      if (inner.site === undefined || isOpen(inner.inhibitedBy)) continue;
      inner.inhibitedBy = widest.find(
        ({ rule, site, sinceMs }) => site === undefined && rule === inner.rule && inner.beganMs > sinceMs,
      );
    }
  }

  seen(): StormsSeen {
    const by = (storm: ReferenceStorm | undefined): string => (storm === undefined ? '' : ` by ${nameOf(storm)}`);
    return {
      alarms: this.raises
        .map(({ name, active, inhibitedBy }) => `${name} ${active ? 'active' : 'cleared'}${by(inhibitedBy)}`)
        .sort(),
      storms: this.storms
        .map((storm) => {
          const { devices, limit, endedMs, inhibitedBy } = storm;
          return `${nameOf(storm)} of ${devices} over ${limit} until ${endedMs ?? ''}${by(inhibitedBy)}`;
        })
        .sort(),
    };
  }

  private stormAt(rule: string, site: ReferenceStorm['site']): ReferenceStorm | undefined {
    return this.storms.find((storm) => storm.rule === rule && storm.endedMs === undefined && isSame(storm.site, site));
  }

  private begin(rule: string, site: ReferenceStorm['site'], atMs: number): ReferenceStorm | undefined {
    const { windowMs, atLeast, share } = this.brakes[rule] as CompleteBrake;
    const before = this.storms.filter((storm) => storm.rule === rule && isSame(storm.site, site));
    const sinceMs = Math.max(atMs - windowMs, ...before.map(({ endedMs }) => endedMs ?? atMs));
    const devices = new Set(
      this.raises.filter((raise) => isOf({ rule, site, sinceMs }, raise)).map(({ device }) => device),
    ).size;
    const limit = Math.max(atLeast - 1, Math.floor(share * this.concerned(rule, site) + 1e-9));
    if (devices <= limit) return undefined;
    const storm = { rule, site, beganMs: atMs, sinceMs, limit, devices, endedMs: undefined, inhibitedBy: undefined };
    this.storms.push(storm);
    return storm;
  }
}

function isOf(
  { rule, site, sinceMs }: Pick<ReferenceStorm, 'rule' | 'site' | 'sinceMs'>,
  raise: Pick<Raise, 'rule' | 'site' | 'noticedMs'>,
): boolean {
  return raise.rule === rule && raise.noticedMs > sinceMs && (site === undefined || site.name === raise.site);
}

function isSame(a: ReferenceStorm['site'], b: ReferenceStorm['site']): boolean {
  return a === undefined || b === undefined ? a === b : a.name === b.name;
}

function isOpen(storm: ReferenceStorm | undefined): boolean {
  return storm !== undefined && storm.endedMs === undefined;
}

function width({ site }: ReferenceStorm): number {
  return site === undefined ? 1 : 0;
}

function nameOf({ rule, site, beganMs }: ReferenceStorm): string {
  return `${rule} ${site === undefined ? '*' : `*site/${site.name ?? ''}`} since ${beganMs}`;
}
