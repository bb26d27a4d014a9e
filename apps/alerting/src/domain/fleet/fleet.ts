import { limitsFrom } from '../evaluation/limits-from-metadata.js';
import type { KnownDevice, Surroundings } from '../evaluation/partition-evaluator.js';
import { type LocalTimeOf, RuleBook, concerns } from '../evaluation/rule-book.js';
import type { Rule } from '../rules/rule.js';

type Metadata = Readonly<Record<string, unknown>>;

export interface FleetDevice {
  readonly profile: string;
  readonly site?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Metadata;
}

export interface FleetProfile {
  readonly expectedReportIntervalMs: number;
  readonly metadata: Metadata;
}

export interface FleetPlace {
  readonly timeZone: string;
  readonly metadata: Metadata;
}

/** A change of what devices are, or of what is asked of them. Undefined = it is gone. */
export type FleetChange =
  | { readonly of: 'rule'; readonly tenant: string; readonly id: string; readonly to: Rule | undefined }
  | { readonly of: 'device'; readonly key: string; readonly to: FleetDevice | undefined }
  | { readonly of: 'profile'; readonly key: string; readonly to: FleetProfile | undefined }
  | { readonly of: 'site' | 'tenant'; readonly key: string; readonly to: FleetPlace | undefined };

/** A device that is silent for three of its profile's intervals is missing. */
const silentIntervals = 3;
/** Where the profile of a device is not known yet. */
const unknownIntervalMs = 86_400_000;

export interface ConcernedCounts {
  readonly rule: number;
  readonly site: ReadonlyMap<string | undefined, number>;
  readonly profile: ReadonlyMap<string, number>;
}

/** Something that several devices share. Every change of it is one more. */
interface Shared<Value> {
  revision: number;
  value: Value | undefined;
}

interface Entry {
  readonly device: FleetDevice;
  readonly revision: number;
  readonly profile: Shared<FleetProfile>;
  readonly site: Shared<FleetPlace> | undefined;
  readonly tenant: Shared<FleetPlace>;
  known: KnownDevice | undefined;
  /** Sum of the revisions that `known` was made from. */
  knownAt: number;
}

/** The devices of all tenants and the rules on them, as the registry and the rules' authors say. Keys are `<tenant>/<name>`. */
export class Fleet implements Surroundings {
  private readonly books = new Map<string, RuleBook>();
  private readonly devices = new Map<string, Entry>();
  private readonly profiles = new Shelf<FleetProfile>();
  private readonly sites = new Shelf<FleetPlace>();
  private readonly tenants = new Shelf<FleetPlace>();
  private revisions = 0;

  constructor(private readonly localTimeOf: LocalTimeOf) {}

  rulesOf(tenant: string): RuleBook | undefined {
    const book = this.books.get(tenant);
    return book?.size === 0 ? undefined : book;
  }

  deviceOf(key: string): KnownDevice | undefined {
    const entry = this.devices.get(key);
    if (entry === undefined) return undefined;
    const { revision, profile, site, tenant } = entry;
    const at = revision + profile.revision + (site?.revision ?? 0) + tenant.revision;
    if (entry.known === undefined || entry.knownAt !== at) {
      entry.known = this.describe(key, entry);
      entry.knownAt = at;
    }
    return entry.known;
  }

  /** The devices that a rule concerns. All of its tenant's are looked at. */
  private *concerned(tenant: string, rule: Rule): Generator<[key: string, device: FleetDevice]> {
    const prefix = `${tenant}/`;
    for (const [key, { device }] of this.devices) {
      if (key.startsWith(prefix) && concerns(rule, { device: key.slice(prefix.length), ...device }))
        yield [key, device];
    }
  }

  /** How many devices a rule concerns: all of them, and those of each site and profile, `undefined` for those without a site. */
  countConcerned(tenant: string, id: string): ConcernedCounts {
    const counts = { rule: 0, site: new Map<string | undefined, number>(), profile: new Map<string, number>() };
    const rule = this.books.get(tenant)?.find(id);
    if (rule === undefined) return counts;
    for (const [, { site, profile }] of this.concerned(tenant, rule)) {
      counts.rule += 1;
      counts.site.set(site, (counts.site.get(site) ?? 0) + 1);
      counts.profile.set(profile, (counts.profile.get(profile) ?? 0) + 1);
    }
    return counts;
  }

  apply(change: FleetChange): void {
    switch (change.of) {
      case 'rule':
        return this.applyRule(change.tenant, change.id, change.to);
      case 'device':
        return this.applyDevice(change.key, change.to);
      case 'profile':
        return this.profiles.set(change.key, change.to);
      case 'site':
        return this.sites.set(change.key, change.to);
      case 'tenant':
        return this.tenants.set(change.key, change.to);
    }
  }

  private applyRule(tenant: string, id: string, rule: Rule | undefined): void {
    const book = this.books.get(tenant) ?? new RuleBook(this.localTimeOf);
    // An empty one stays: its revisions go on.
    this.books.set(tenant, book);
    if (rule === undefined) book.remove(id);
    else book.put(rule);
  }

  private applyDevice(key: string, device: FleetDevice | undefined): void {
    if (device === undefined) {
      this.devices.delete(key);
      return;
    }
    const tenant = key.slice(0, key.indexOf('/'));
    this.devices.set(key, {
      device,
      revision: ++this.revisions,
      profile: this.profiles.find(`${tenant}/${device.profile}`),
      site: device.site === undefined ? undefined : this.sites.find(`${tenant}/${device.site}`),
      tenant: this.tenants.find(tenant),
      ...{ known: undefined, knownAt: 0 },
    });
  }

  private describe(key: string, { device, profile, site, tenant }: Entry): KnownDevice {
    const sources = { device: device.metadata, site: site?.value?.metadata, profile: profile.value?.metadata };
    return {
      facts: {
        device: key.slice(key.indexOf('/') + 1),
        profile: device.profile,
        ...(device.site === undefined ? {} : { site: device.site }),
        labels: device.labels,
        timeZone: site?.value?.timeZone ?? tenant.value?.timeZone ?? 'UTC',
      },
      limits: limitsFrom(sources),
      silenceMs: silentIntervals * (profile.value?.expectedReportIntervalMs ?? unknownIntervalMs),
      revision: ++this.revisions,
    };
  }
}

class Shelf<Value> {
  private readonly shared = new Map<string, Shared<Value>>();

  /** There is one for a name that nobody has set yet as well, so that whoever has it sees it set. */
  find(key: string): Shared<Value> {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const one: Shared<Value> = { revision: 0, value: undefined };
    this.shared.set(key, one);
    return one;
  }

  set(key: string, value: Value | undefined): void {
    const one = this.find(key);
    one.value = value;
    one.revision += 1;
  }
}
