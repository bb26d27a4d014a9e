import { isTimeZone } from '@myelin/kernel';
import { ExpectedSilence, type Installation, type MaintenanceWindow } from '../evaluation/expected-silence.js';
import { limitsFrom } from '../evaluation/limits-from-metadata.js';
import type { KnownDevice, Surroundings } from '../evaluation/partition-evaluator.js';
import { type DeviceFacts, type LocalTimeOf, RuleBook, type ScopeFacts, concerns } from '../evaluation/rule-book.js';
import type { FindLimit, RuleProgram } from '../evaluation/rule-program.js';
import { isAboutSilence } from '../rules/parse-condition.js';
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

/** A change of what devices are, of what is asked of them, or of when they may be silent. Undefined = it is gone. */
export type FleetChange =
  | { readonly of: 'rule'; readonly tenant: string; readonly id: string; readonly to: Rule | undefined }
  | { readonly of: 'device'; readonly key: string; readonly to: FleetDevice | undefined }
  | { readonly of: 'profile'; readonly key: string; readonly to: FleetProfile | undefined }
  | { readonly of: 'site' | 'tenant'; readonly key: string; readonly to: FleetPlace | undefined }
  | { readonly of: 'window'; readonly key: string; readonly to: MaintenanceWindow | undefined }
  /** The key is that of the device. */
  | { readonly of: 'installation'; readonly key: string; readonly to: Installation | undefined };

/** A device that is silent for three of its profile's intervals is missing. */
const silentIntervals = 3;
/** Where the profile of a device is not known yet. */
const unknownIntervalMs = 86_400_000;

export interface ConcernedCounts {
  readonly rule: number;
  readonly site: ReadonlyMap<string | undefined, number>;
  readonly profile: ReadonlyMap<string, number>;
}

/** Revisions of everything are counted together: a later change has the greater one, whatever it is of. */
class Revisions {
  private last = 0;

  next(): number {
    return (this.last += 1);
  }
}

/** Something that several devices share. */
interface Shared<Value> {
  readonly name: string;
  revision: number;
  value: Value | undefined;
}

interface Sharing {
  readonly profile: Shared<FleetProfile>;
  readonly site: Shared<FleetPlace> | undefined;
  readonly tenant: Shared<FleetPlace>;
}

function isKnownTimeZone(name: string | undefined): name is string {
  return name !== undefined && isTimeZone(name);
}

/** Most devices have neither labels nor metadata: they have these in common. */
const nothing = Object.freeze({});

/** There are many: what several share is told once, and what follows from it is told when somebody asks. */
class Device implements KnownDevice {
  isReplaced = false;
  private readonly labels: FleetDevice['labels'];
  private readonly metadata: Metadata;
  private readonly profile: Shared<FleetProfile>;
  private readonly site: Shared<FleetPlace> | undefined;
  private readonly tenant: Shared<FleetPlace>;

  constructor(
    private readonly key: string,
    private readonly ownRevision: number,
    { labels, metadata }: FleetDevice,
    { profile, site, tenant }: Sharing,
  ) {
    this.labels = Object.keys(labels).length === 0 ? nothing : labels;
    this.metadata = Object.keys(metadata).length === 0 ? nothing : metadata;
    this.profile = profile;
    this.site = site;
    this.tenant = tenant;
  }

  get revision(): number {
    return Math.max(this.ownRevision, this.profile.revision, this.site?.revision ?? 0, this.tenant.revision);
  }

  get scopeFacts(): ScopeFacts {
    const { key, profile, site, labels } = this;
    return {
      device: key.slice(key.indexOf('/') + 1),
      profile: profile.name,
      ...(site === undefined ? {} : { site: site.name }),
      labels,
    };
  }

  get facts(): DeviceFacts {
    // A zone that only a later database knows is none here: nothing of the device could be judged by it.
    const timeZone = [this.site?.value?.timeZone, this.tenant.value?.timeZone].find(isKnownTimeZone) ?? 'UTC';
    return { ...this.scopeFacts, timeZone };
  }

  get limits(): FindLimit {
    const { metadata: device, site, profile } = this;
    return limitsFrom({ device, site: site?.value?.metadata, profile: profile.value?.metadata });
  }

  get silenceMs(): number {
    return silentIntervals * (this.profile.value?.expectedReportIntervalMs ?? unknownIntervalMs);
  }
}

/** The devices of all tenants and the rules on them, as the registry and the rules' authors say. Keys are `<tenant>/<name>`. */
export class Fleet implements Surroundings {
  private readonly books = new Map<string, RuleBook>();
  /** Tenants with a rule that compares devices with each other: most have none. */
  private readonly tenantsComparing = new Set<string>();
  private readonly devices = new Map<string, Device>();
  private readonly revisions = new Revisions();
  private readonly profiles = new Shelf<FleetProfile>(this.revisions);
  private readonly sites = new Shelf<FleetPlace>(this.revisions);
  private readonly tenants = new Shelf<FleetPlace>(this.revisions);
  private readonly expectedSilences = new Map<string, ExpectedSilence>();

  constructor(private readonly localTimeOf: LocalTimeOf) {}

  rulesOf(tenant: string): RuleBook | undefined {
    const book = this.books.get(tenant);
    return book?.size === 0 ? undefined : book;
  }

  *comparing(): Generator<readonly [tenant: string, rule: RuleProgram]> {
    for (const tenant of this.tenantsComparing)
      for (const rule of this.books.get(tenant)?.comparing.values() ?? []) yield [tenant, rule];
  }

  deviceOf(key: string): KnownDevice | undefined {
    return this.devices.get(key);
  }

  expectedSilenceOf(tenant: string): ExpectedSilence | undefined {
    const expected = this.expectedSilences.get(tenant);
    return expected?.size === 0 ? undefined : expected;
  }

  /** @param key `<tenant>/<window>` */
  hasWindow(key: string): boolean {
    const [tenant, id] = partsOf(key);
    return this.expectedSilences.get(tenant)?.hasWindow(id) ?? false;
  }

  /** Keys of the devices that some rule wants to hear of; some several times. */
  *expectedToSpeak(): Generator<string> {
    for (const [tenant, book] of this.books)
      for (const rule of book.all())
        if (isAboutSilence(rule.when))
          for (const { device } of this.concerned(tenant, rule)) yield `${tenant}/${device}`;
  }

  /** The devices that a rule concerns. All of its tenant's are looked at. */
  *concerned(tenant: string, rule: Rule): Generator<ScopeFacts> {
    const prefix = `${tenant}/`;
    for (const [key, device] of this.devices) {
      if (!key.startsWith(prefix)) continue;
      const { scopeFacts } = device;
      if (concerns(rule, scopeFacts)) yield scopeFacts;
    }
  }

  /** How many devices a rule concerns: all of them, and those of each site and profile, `undefined` for those without a site. */
  countConcerned(tenant: string, id: string): ConcernedCounts {
    const counts = { rule: 0, site: new Map<string | undefined, number>(), profile: new Map<string, number>() };
    const rule = this.books.get(tenant)?.find(id);
    if (rule === undefined) return counts;
    for (const { site, profile } of this.concerned(tenant, rule)) {
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
      case 'window':
      case 'installation':
        return this.applyExpectation(change);
    }
  }

  private applyRule(tenant: string, id: string, rule: Rule | undefined): void {
    const book = this.books.get(tenant) ?? new RuleBook(this.localTimeOf);
    // An empty one stays: its revisions go on.
    this.books.set(tenant, book);
    if (rule === undefined) book.remove(id);
    else book.put(rule);
    if (book.comparing.size > 0) this.tenantsComparing.add(tenant);
    else this.tenantsComparing.delete(tenant);
  }

  private applyExpectation(change: Extract<FleetChange, { of: 'window' | 'installation' }>): void {
    const [tenant, name] = partsOf(change.key);
    const expected = this.expectedSilences.get(tenant) ?? new ExpectedSilence();
    this.expectedSilences.set(tenant, expected);
    if (change.of === 'window') expected.setWindow(name, change.to);
    else expected.setInstallation(name, change.to);
  }

  private applyDevice(key: string, device: FleetDevice | undefined): void {
    const before = this.devices.get(key);
    if (before !== undefined) before.isReplaced = true;
    if (device === undefined) {
      this.devices.delete(key);
      return;
    }
    const [tenant] = partsOf(key);
    const sharing = {
      profile: this.profiles.find(`${tenant}/${device.profile}`),
      site: device.site === undefined ? undefined : this.sites.find(`${tenant}/${device.site}`),
      tenant: this.tenants.find(tenant),
    };
    this.devices.set(key, new Device(key, this.revisions.next(), device, sharing));
  }
}

function partsOf(key: string): [tenant: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

class Shelf<Value> {
  private readonly shared = new Map<string, Shared<Value>>();

  constructor(private readonly revisions: Revisions) {}

  /** There is one for a name that nobody has set yet as well, so that whoever has it sees it set. */
  find(key: string): Shared<Value> {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const one: Shared<Value> = { name: key.slice(key.indexOf('/') + 1), revision: 0, value: undefined };
    this.shared.set(key, one);
    return one;
  }

  set(key: string, value: Value | undefined): void {
    const one = this.find(key);
    one.value = value;
    one.revision = this.revisions.next();
  }
}
