import { setTimeout as delay } from 'node:timers/promises';
import { deviceName } from '../device-name.js';
import { OperatorClient, type TokenSource } from '../operator-client.js';
import type { Series } from '../series.js';
import { shownAlarms } from '../shown-alarms.js';
import { demoRules, exactRules, spreadOf } from './demo-rules.js';
import { DeviceIncidents } from './device-incidents.js';
import { anomalousSpans, expectedAlarms } from './expected-alarms.js';
import type { Incident } from './incident.js';
import { depot, halls, planIncidents, siteOf } from './incident-plan.js';
import { type AlarmFinding, type SeenAlarm, judgeAlarms, judgeAnomalies } from './judge-alarms.js';
import { type ReportSettings, paceOf } from './pace.js';

export interface WatchSettings extends ReportSettings {
  readonly alertingUrl: string;
  readonly token: TokenSource;
  /** Of the devices' names. */
  readonly prefix: string;
  readonly devices: number;
  readonly forMs?: number | undefined;
  readonly seed: number;
  readonly series: readonly Series[];
}

/** What the alarms of a run were like, beside its incidents. */
export interface AlarmFigures {
  /** By the rules of which it is certain what they have to raise, while the fleet ran. */
  readonly alarmsRaised: number;
  /** Of these, cleared because the condition was over. */
  readonly alarmsCleared: number;
  readonly alarmsExpected: number;
  /** Expected, and not raised in time, or not cleared. */
  readonly alarmsMissed: number;
  /** Raised, and not expected. */
  readonly alarmsFalse: number;
  /** Of alarms raised by models, the share that began while something unusual was measured; null without any. */
  readonly anomalyPrecision: number | null;
  /** Of the times when something unusual was measured, the share in which a model raised an alarm; null without any. */
  readonly anomalyRecall: number | null;
  readonly alarmFindings: readonly (Omit<AlarmFinding, 'device'> & { readonly device: string })[];
}

/** False alarms of the last measurements may come as late. */
const graceMs = 3_000;
const pollMs = 500;

/** A demonstration of alarms: rules on the fleet, incidents that happen to it, and the alarms held against what has to follow. */
export class AlarmWatch {
  readonly #incidents: readonly Incident[];
  readonly #incidentsOf: ReadonlyMap<number, readonly Incident[]>;
  readonly #alerting: OperatorClient;
  readonly #rules: ReturnType<typeof demoRules>;
  readonly #pace: ReturnType<typeof paceOf>;
  readonly #replayed = new Map<Series, { readonly metric: string; readonly spread: number }>();
  readonly #happening: DeviceIncidents[] = [];
  #startedAtMs = 0;
  #stoppedMs = Number.POSITIVE_INFINITY;

  constructor(private readonly settings: WatchSettings) {
    const { devices, forMs, seed, series, prefix } = settings;
    this.#alerting = new OperatorClient(settings.alertingUrl, settings.token);
    this.#pace = paceOf(settings);
    this.#rules = demoRules(this.#pace, series, prefix);
    this.#incidents = planIncidents({ pace: this.#pace, devices, forMs, seed });
    this.#incidentsOf = byDevice(this.#incidents);
  }

  /** Where a device stands; undefined for one beside the fleet. */
  siteOf(nth: number): string | undefined {
    return nth < this.settings.devices ? siteOf(nth, this.settings.devices) : undefined;
  }

  /** To be called before devices are registered: who comes to know a device shall know the rules on it. */
  async prepare(registry: OperatorClient): Promise<void> {
    for (const site of [...halls, depot]) {
      const headers = { 'if-none-match': '*' };
      const body = { timeZone: 'Europe/Berlin' };
      await registry.expect([201, 412], 'PUT', `/v1/sites/${site}`, { headers, body });
    }
    for (const [id, body] of this.#rules) await this.#putRule(id, body);
  }

  /** What happens to a device of the fleet. */
  incidentsOf(nth: number, series: Series): DeviceIncidents {
    const known = this.#replayed.get(series);
    const replayed = known ?? { metric: series.metric, spread: spreadOf(series.values) };
    this.#replayed.set(series, replayed);
    const incidents = new DeviceIncidents(this.#incidentsOf.get(nth) ?? [], replayed);
    this.#happening.push(incidents);
    return incidents;
  }

  /** To be called before any device measures. */
  start(atMs: number): void {
    this.#startedAtMs = atMs;
    for (const incidents of this.#happening) incidents.start(atMs);
  }

  /**
   * Whether a device is silent on purpose within so long from the fleet's start. While firmware is installed nobody expects to hear of
   * it, and the alarm would come later than the incident allows, or never.
   */
  fallsSilentWithin(nth: number, ms: number): boolean {
    const isSilence = ({ kind, fromMs }: Incident): boolean =>
      (kind === 'silence' || kind === 'site-dark') && fromMs < ms;
    return (this.#incidentsOf.get(nth) ?? []).some(isSilence);
  }

  /** From here on all devices are silent. */
  stop(atMs: number): void {
    this.#stoppedMs = Math.min(this.#stoppedMs, this.#sinceStart(atMs));
  }

  /** How many alarms of the tenant are active. */
  async active(): Promise<number> {
    const { text } = await this.#alerting.expect([200], 'GET', '/v1/alarms/summary');
    return (JSON.parse(text) as { readonly active: number }).active;
  }

  /**
   * To be called after the fleet has stopped. Reads the alarms again until nothing is missed.
   *
   * @param clockErrorOf what a device's clock is ahead by, in milliseconds
   * @param deadlineMs how long alarms may take to appear
   */
  async figures(clockErrorOf: (nth: number) => number, deadlineMs: number): Promise<AlarmFigures> {
    const expected = expectedAlarms(this.#incidents, this.#pace);
    const spans = anomalousSpans(this.#incidents, this.#pace);
    const end = Date.now() + deadlineMs;
    for (;;) {
      const isLast = this.#sinceStart(Date.now()) >= this.#stoppedMs + graceMs;
      const seen = await this.#seen(clockErrorOf);
      const exact = seen.filter(({ rule }) => isExact(rule));
      const verdict = judgeAlarms(expected, exact, this.#stoppedMs);
      if ((isLast && verdict.missed === 0) || Date.now() >= end) {
        const others = seen.filter(({ rule }) => !isExact(rule));
        const anomalies = judgeAnomalies(spans, others, this.#stoppedMs);
        return {
          ...{ alarmsRaised: verdict.raised, alarmsCleared: verdict.cleared, alarmsExpected: verdict.expected },
          ...{ alarmsMissed: verdict.missed, alarmsFalse: verdict.unfounded },
          ...{ anomalyPrecision: anomalies.precision, anomalyRecall: anomalies.recall },
          alarmFindings: verdict.findings.map((one) => ({ ...one, device: this.#nameOf(one.device) })),
        };
      }
      await delay(pollMs);
    }
  }

  async close(): Promise<void> {
    await this.#alerting.close();
  }

  #sinceStart(atMs: number): number {
    return atMs - this.#startedAtMs;
  }

  /** A rule of a former run is replaced: that ends its alarms. */
  async #putRule(id: string, body: object): Promise<void> {
    const path = `/v1/rules/${id}`;
    const { status } = await this.#alerting.expect([200, 201, 428], 'PUT', path, { body });
    if (status !== 428) return;
    const { headers } = await this.#alerting.expect([200], 'GET', path);
    const ifMatch = { 'if-match': String(headers['etag']) };
    await this.#alerting.expect([200], 'PUT', path, { headers: ifMatch, body });
  }

  async #seen(clockErrorOf: (nth: number) => number): Promise<SeenAlarm[]> {
    const seen: SeenAlarm[] = [];
    for (const rule of this.#rules.keys()) {
      for await (const alarm of shownAlarms(this.#alerting, rule)) {
        // Those of this run come first.
        if (Date.parse(alarm.raiseNoticedAt) < this.#startedAtMs) break;
        const device = this.#numberOf(alarm.device);
        if (device === undefined) continue;
        // Silence is noticed by the gateways' clocks.
        const errorMs = rule === exactRules.silent ? 0 : clockErrorOf(device);
        const startedMs = this.#sinceStart(Date.parse(alarm.startedAt)) - errorMs;
        // Such a silence began with the registration.
        if (rule === exactRules.silent && startedMs < this.#pace.silenceMs) continue;
        seen.push({
          ...{ rule, device, flapping: alarm.flapping, startedMs },
          noticedMs: this.#sinceStart(Date.parse(alarm.raiseNoticedAt)),
          cleared: alarm.clearReason === 'condition',
        });
      }
    }
    return seen;
  }

  #nameOf(nth: number): string {
    return deviceName(this.settings.prefix, nth);
  }

  /** Undefined for one that is not of the fleet. */
  #numberOf(device: string): number | undefined {
    const nth = Number(device.slice(this.settings.prefix.length + 1)) - 1;
    return nth >= 0 && nth < this.settings.devices && device === this.#nameOf(nth) ? nth : undefined;
  }
}

function byDevice(incidents: readonly Incident[]): Map<number, Incident[]> {
  const found = new Map<number, Incident[]>();
  for (const incident of incidents.toSorted((a, b) => a.fromMs - b.fromMs)) {
    for (const device of incident.devices) {
      const own = found.get(device);
      if (own === undefined) found.set(device, [incident]);
      else own.push(incident);
    }
  }
  return found;
}

function isExact(rule: string): boolean {
  return Object.values(exactRules).some((exact) => exact === rule);
}
