import { planMessage } from '../src/fault-plan.js';
import { demoRules, exactRules, spreadOf } from '../src/incidents/demo-rules.js';
import { DeviceIncidents } from '../src/incidents/device-incidents.js';
import type { Incident } from '../src/incidents/incident.js';
import { siteOf } from '../src/incidents/incident-plan.js';
import type { SeenAlarm } from '../src/incidents/judge-alarms.js';
import { type ReportSettings, paceOf } from '../src/incidents/pace.js';
import { Random } from '../src/random.js';
import type { Series } from '../src/series.js';
import type { Values } from '../src/ledger.js';

interface Reading {
  readonly ts: number;
  readonly boot: string;
  readonly seq: number;
  readonly values: Values;
}
interface Transition {
  readonly kind: 'raised' | 'cleared';
  readonly rule: string;
  readonly startMs: number;
}
type Sink = (key: string, transition: Transition) => void;
interface Evaluator {
  take(key: string, readings: readonly Reading[], receivedAtMs: number, sink: Sink): void;
  tick(gateway: string, atMs: number, sink: Sink): void;
}
interface RuleBook {
  put(rule: object): void;
}
type Constructor = new (argument: unknown) => unknown;

async function alertingClass(file: string, name: string): Promise<Constructor> {
  const { href } = new URL(`../../../apps/alerting/dist/domain/evaluation/${file}`, import.meta.url);
  return ((await import(href)) as Record<string, Constructor>)[name] as Constructor;
}

/** The evaluation of the built alerting service; no room imports an app, so the shape of it is stated here. */
export interface AlertingEvaluation {
  readonly newRuleBook: () => RuleBook;
  readonly newEvaluator: (surroundings: object) => Evaluator;
}

export async function alertingEvaluation(): Promise<AlertingEvaluation> {
  const Book = await alertingClass('rule-book.js', 'RuleBook');
  const PartitionEvaluator = await alertingClass('partition-evaluator.js', 'PartitionEvaluator');
  return {
    newRuleBook: () => new Book(() => ({ offsetMsAt: () => 0 })) as RuleBook,
    newEvaluator: (surroundings) => new PartitionEvaluator(surroundings) as Evaluator,
  };
}

export interface RunSettings extends ReportSettings {
  readonly devices: number;
  readonly forMs: number;
  readonly seed: number;
  /** Every quarter of a minute no timer of the fleet runs for so long. */
  readonly stallMs: number;
}

const epochMs = 1_790_000_000_000;
const tenant = 'demo';

/** What arrives at the evaluator, and when by the gateway's clock. */
interface Arrival {
  readonly atMs: number;
  readonly device: number;
  readonly readings: () => Reading[];
}

/** A whole run of a fleet and the rules on it, without waiting for anything. Alarms are those of the rules that are exact. */
export function evaluatedRun(
  evaluation: AlertingEvaluation,
  incidents: readonly Incident[],
  series: readonly Series[],
  settings: RunSettings,
): SeenAlarm[] {
  const { devices, forMs } = settings;
  const random = new Random(settings.seed);
  const errorsMs = Array.from({ length: devices }, () =>
    Math.round(random.between(-1, 1) * settings.faults.clockSkewMs),
  );
  const arrivals = errorsMs.flatMap((errorMs, device) =>
    arrivalsOf(device, errorMs, incidents, series[device % series.length] as Series, settings, random.fork()),
  );
  arrivals.sort((a, b) => a.atMs - b.atMs);
  const evaluator = watchedFleet(evaluation, series, settings);
  const alarms = new Map<string, SeenAlarm>();
  let tickMs = 317;
  for (const { atMs, device, readings } of [...arrivals, { atMs: forMs + 2_000, device: -1, readings: () => [] }]) {
    const sinkAt =
      (noticedMs: number): Sink =>
      (key, { kind, rule, startMs }) => {
        const number = Number(key.slice(tenant.length + 1));
        const startedMs = startMs - epochMs - (rule === exactRules.silent ? 0 : (errorsMs[number] as number));
        const alarm = { rule, device: number, startedMs, noticedMs, cleared: false, flapping: true };
        const name = `${rule} ${key} ${startMs}`;
        if (kind === 'raised') alarms.set(name, alarm);
        else alarms.set(name, { ...(alarms.get(name) as SeenAlarm), cleared: true });
      };
    for (; tickMs <= atMs; tickMs += 1_000) evaluator.tick('gateway', epochMs + tickMs, sinkAt(tickMs));
    if (device >= 0) evaluator.take(`${tenant}/${device}`, readings(), epochMs + atMs, sinkAt(atMs));
  }
  const exact = new Set<string>(Object.values(exactRules));
  return [...alarms.values()].filter(({ rule }) => exact.has(rule));
}

function watchedFleet(evaluation: AlertingEvaluation, series: readonly Series[], settings: RunSettings): Evaluator {
  const book = evaluation.newRuleBook();
  // As they come out of the service: JSON.
  for (const [id, body] of demoRules(paceOf(settings), series, 'sim'))
    book.put({ id, version: 1, ...(JSON.parse(JSON.stringify(body)) as object) });
  const known = Array.from({ length: settings.devices }, (_, nth) => ({
    facts: {
      ...{ device: String(nth), profile: 'sim', site: siteOf(nth, settings.devices) },
      ...{ labels: { fleet: 'sim' }, timeZone: 'UTC' },
    },
    ...{ limits: () => undefined, silenceMs: 3_000, revision: 1 },
  }));
  const deviceOf = (key: string): object | undefined => known[Number(key.slice(tenant.length + 1))];
  return evaluation.newEvaluator({ rulesOf: () => book, deviceOf, expectedSilenceOf: () => undefined });
}

/** A device as `SimulatedDevice` is, in a time of its own. */
function arrivalsOf(
  device: number,
  errorMs: number,
  incidents: readonly Incident[],
  series: Series,
  { intervalMs, reportSize, faults, forMs, stallMs }: RunSettings,
  random: Random,
): Arrival[] {
  const own = incidents.filter(({ devices }) => devices.includes(device)).sort((a, b) => a.fromMs - b.fromMs);
  const happening = new DeviceIncidents(own, { metric: series.metric, spread: spreadOf(series.values) });
  happening.start(epochMs);
  const ran = (atMs: number): number => Math.max(atMs, Math.floor(atMs / 15_000) * 15_000 + stallMs);
  const heard = (atMs: number): number => (atMs < forMs ? atMs + happening.silentForMs(epochMs + atMs) : forMs);
  const first = Math.floor(random.between(0, series.values.length));
  const arrivals: Arrival[] = [];
  let [seq, lastMs] = [0, -1];
  for (let dueMs = random.between(0, intervalMs); dueMs < forMs; dueMs += intervalMs) {
    const nowMs = Math.round(ran(dueMs + random.between(0, 8)));
    // A timer that is due several times by now runs once.
    if (nowMs <= lastMs || nowMs >= forMs || happening.silentForMs(epochMs + nowMs) > 0) continue;
    lastMs = nowMs;
    const measured = Array.from({ length: reportSize }, (_, i) => ({
      trueMs: epochMs + nowMs - Math.round(((reportSize - 1 - i) * intervalMs) / reportSize),
      seq: seq++,
    }));
    happening.report(measured.map(({ trueMs }) => trueMs));
    const readings = (): Reading[] =>
      measured.map(({ trueMs, seq: nth }) => {
        const value = series.values[(first + nth) % series.values.length] as number;
        const usual = { [series.metric]: value, battery: 70, online: true };
        return { ts: trueMs + errorMs, boot: 'b', seq: nth, values: happening.alter(usual, trueMs) };
      });
    const plan = planMessage(faults, intervalMs, random);
    const sentMs = heard(ran(nowMs + plan.holdMs));
    arrivals.push({ atMs: Math.round(sentMs + random.between(5, 100)), device, readings });
    if (plan.duplicate || plan.loseAcknowledgement) arrivals.push({ atMs: Math.round(sentMs + 110), device, readings });
  }
  return arrivals;
}
