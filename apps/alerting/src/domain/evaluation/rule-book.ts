import type { ModelContext } from '@myelin/detectors';
import { isAboutQuality, leavesOf } from '../rules/parse-condition.js';
import { isAboutPeers } from '../rules/peers.js';
import type { Rule, Scope } from '../rules/rule.js';
import { DevicePlan } from './device-plan.js';
import { RuleProgram } from './rule-program.js';

/** What a scope can be about. */
export interface ScopeFacts {
  readonly device: string;
  readonly profile: string;
  readonly site?: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface DeviceFacts extends ScopeFacts {
  /** Of the device's site, else of its tenant. */
  readonly timeZone: string;
}

/**
 * Where readings come from: devices, or what telemetry finds of their hours. A rule is about one of them, as nothing says in which
 * order the two come.
 */
export type ReadingSource = 'measurements' | 'quality';

export type LocalTimeOf = (timeZone: string) => ModelContext;

/** The rules of one tenant. Finds those that concern a device without looking at all of them. */
export class RuleBook {
  private readonly rules = new Map<string, Rule>();
  /** By the member of the scope that names the fewest: `device a`, `site b`, `profile c`, `label d=e`, or `all`. */
  private readonly byPlace = new Map<string, Set<string>>();
  private readonly plans = new Map<string, DevicePlan>();
  private readonly programs = new Map<string, RuleProgram>();

  constructor(private readonly localTimeOf: LocalTimeOf) {}

  /** Rules that compare devices with each other, by id: a program of each, of whatever time zone. */
  readonly comparing = new Map<string, RuleProgram>();

  /** Changes with every change of a rule: plans that were made before are to be asked for again. */
  revision = 0;

  get size(): number {
    return this.rules.size;
  }

  find(id: string): Rule | undefined {
    return this.rules.get(id);
  }

  all(): Iterable<Rule> {
    return this.rules.values();
  }

  /** An older version, or the same again, changes nothing. */
  put(rule: Rule): void {
    if ((this.rules.get(rule.id)?.version ?? 0) >= rule.version) return;
    this.remove(rule.id);
    this.rules.set(rule.id, rule);
    for (const place of placesOf(rule.scope)) {
      const members = this.byPlace.get(place);
      if (members === undefined) this.byPlace.set(place, new Set([rule.id]));
      else members.add(rule.id);
    }
    if (isAboutPeers(rule.when) && rule.enabled !== false) this.comparing.set(rule.id, new RuleProgram(rule));
  }

  remove(id: string): void {
    this.revision += 1;
    const rule = this.rules.get(id);
    if (rule === undefined) return;
    this.rules.delete(id);
    this.comparing.delete(id);
    for (const place of placesOf(rule.scope)) {
      const members = this.byPlace.get(place);
      members?.delete(id);
      if (members?.size === 0) this.byPlace.delete(place);
    }
    this.plans.clear();
    for (const key of this.programs.keys()) if (key.startsWith(`${id} `)) this.programs.delete(key);
  }

  /** The same plan for all devices that the same rules concern. */
  planFor(facts: DeviceFacts, source: ReadingSource = 'measurements'): DevicePlan {
    const rules = this.concerning(facts).filter((rule) => sourceOf(rule) === source);
    const key = JSON.stringify([source, facts.timeZone, ...rules.map(({ id, version }) => [id, version])]);
    const known = this.plans.get(key);
    if (known !== undefined) return known;
    const plan = new DevicePlan(rules.map((rule) => this.programOf(rule, facts.timeZone)));
    this.plans.set(key, plan);
    return plan;
  }

  private concerning(facts: DeviceFacts): Rule[] {
    const places = [
      ...['all', `device ${facts.device}`, `profile ${facts.profile}`, `site ${facts.site ?? ''}`],
      ...Object.entries(facts.labels).map(([name, value]) => `label ${name}=${value}`),
    ];
    const ids = new Set(places.flatMap((place) => [...(this.byPlace.get(place) ?? [])]));
    const rules = [...ids].map((id) => this.rules.get(id) as Rule);
    const concerned = rules.filter((rule) => concerns(rule, facts));
    return concerned.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  private programOf(rule: Rule, timeZone: string): RuleProgram {
    const key = `${rule.id} ${timeZone}`;
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    const program = new RuleProgram(rule, this.localTimeOf(timeZone), timeZone);
    this.programs.set(key, program);
    return program;
  }
}

function sourceOf({ when }: Rule): ReadingSource {
  return leavesOf(when).some(isAboutQuality) ? 'quality' : 'measurements';
}

export function concerns({ enabled, scope }: Rule, facts: ScopeFacts): boolean {
  return enabled !== false && isWithin(scope, facts);
}

export function isWithin({ devices, profiles, sites, labels = {} }: Scope, facts: ScopeFacts): boolean {
  return (
    (devices?.includes(facts.device) ?? true) &&
    (profiles?.includes(facts.profile) ?? true) &&
    (sites === undefined || (facts.site !== undefined && sites.includes(facts.site))) &&
    Object.entries(labels).every(([name, values]) => {
      const value = Object.hasOwn(facts.labels, name) ? facts.labels[name] : undefined;
      return value !== undefined && values.includes(value);
    })
  );
}

/** Where a device that is within the scope is sure to be found. Narrow members first. */
function placesOf({ devices, sites, profiles, labels = {} }: Scope): string[] {
  if (devices !== undefined) return devices.map((device) => `device ${device}`);
  if (sites !== undefined) return sites.map((site) => `site ${site}`);
  const [label] = Object.entries(labels);
  if (label !== undefined) return label[1].map((value) => `label ${label[0]}=${value}`);
  if (profiles !== undefined) return profiles.map((profile) => `profile ${profile}`);
  return ['all'];
}
