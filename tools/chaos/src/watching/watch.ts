import { setTimeout as delay } from 'node:timers/promises';
import { type DeviceLog, loadSeries, shippedDataFolder, type UnheardStretch } from '@myelin/fleet-simulator';
import { ChaosError } from '../chaos.errors.js';
import type { Damage } from '../scenario.js';
import { AlarmReader, type FoundAlarm } from './alarm-reader.js';
import { stopOneDevice } from './lone-device.js';
import { differenceOf, occurrencesAbove, within } from './occurrences.js';

/** Further than the fleet's reports are ever out of order in device time: however long an outage, a device sends in order. */
const latenessMs = 5_000;
/** Longer than devices rest between two attempts. One that fails twice in a row while others get through may be silent for longer. */
const silentMs = 20_000;
/** The services' ticks come once a second. */
const tickMs = 1_000;
const silentRule = 'silent';
/** Devices' clocks are off by 2 s at most, and rules reach everybody within a second. */
const settlingMs = 6_000;
const firstAlarmMs = 60_000;
const catchingUpMs = 90_000;

interface LimitRule {
  readonly id: string;
  readonly metric: string;
  readonly limit: number;
}

/** Rules over a fleet that is about to be damaged, and what must have come of them. */
export class Watch {
  private constructor(
    private readonly alarms: AlarmReader,
    private readonly rules: readonly LimitRule[],
    private readonly fromMs: number,
  ) {}

  /** Rules about every series of the fleet, and about silence; resolves when they are at work. */
  static async begin(damage: Damage): Promise<Watch> {
    const alarms = new AlarmReader(damage.chaos, damage.fleet.tenant);
    const rules = (await loadSeries(shippedDataFolder)).map(({ metric, values }) => ({
      ...{ id: `high-${metric}`, metric },
      limit: [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.9)] as number,
    }));
    await alarms.putRule(silentRule, { when: { op: 'absent', windowMs: silentMs }, severity: 'major' });
    for (const { id, metric, limit } of rules)
      await alarms.putRule(id, { when: { metric, op: '>', value: limit }, latenessMs, severity: 'minor' });
    const end = performance.now() + firstAlarmMs;
    while ((await Promise.all(rules.map(({ id }) => alarms.alarmsOf(id)))).every((found) => found.length === 0)) {
      if (performance.now() > end) throw ChaosError.permanent('chaos.impossible', 'no alarm came of any rule');
      await damage.sleep(500);
    }
    await damage.sleep(settlingMs);
    return new Watch(alarms, rules, Date.now() + settlingMs);
  }

  /** To be called when the damage is over; the fleet is drained afterwards. */
  async conclude(damage: Damage): Promise<void> {
    const { chaos, fleet, fail } = damage;
    try {
      await chaos.system.ready(60_000);
      await Promise.all([
        this.#expectNoSilence(damage),
        stopOneDevice(damage, this.alarms, { rule: silentRule, windowMs: silentMs }),
      ]);
      if (!(await fleet.drain(120_000))) fail('devices were not rid of their reports');
      await this.#expectHistory(damage);
    } finally {
      await this.alarms.close();
    }
  }

  /** No device is called silent but in a stretch in which it was, as the simulator itself knows. */
  async #expectNoSilence({ fleet, sleep, note, fail }: Damage): Promise<void> {
    await sleep(silentMs + 5_000);
    const members = new Set([...fleet.ledger.logs].map(({ device }) => device));
    const called = (await this.alarms.alarmsOf(silentRule)).filter(({ device }) => members.has(device));
    for (const alarm of called) {
      const stretches = fleet.ledger.unheardStretchesOf(alarm.device);
      if (wasSilent(alarm, stretches)) note(`silent, and called so: ${tale(alarm, stretches)}`);
      else fail(`called silent wrongly: ${tale(alarm, stretches)}`);
    }
  }

  /** Evaluation may have an outage to catch up with. */
  async #expectHistory({ fleet, note, fail }: Damage): Promise<void> {
    const end = performance.now() + catchingUpMs;
    for (;;) {
      const held = await Promise.all(this.rules.map((rule) => this.#holdAgainst(rule, [...fleet.ledger.logs])));
      const { expected, missed, wrong, example } = held.reduce(heldTogether, nothing);
      if (missed + wrong === 0 || performance.now() > end) {
        note(`${expected} alarms expected, ${missed} missed, ${wrong} wrong`);
        if (missed + wrong > 0) fail(`alarms are not those of the measurements: ${example[0]}`);
        if (expected === 0) fail('no alarm was to be expected');
        return;
      }
      await delay(1_000);
    }
  }

  async #holdAgainst({ id, metric, limit }: LimitRule, logs: readonly DeviceLog[]): Promise<Held> {
    const byDevice = Map.groupBy(await this.alarms.alarmsOf(id), ({ device }) => device);
    return logs.reduce<Held>((held, log) => heldTogether(held, this.#holdLog(log, metric, limit, byDevice)), nothing);
  }

  #holdLog(log: DeviceLog, metric: string, limit: number, byDevice: ReadonlyMap<string, FoundAlarm[]>): Held {
    const readings = Array.from({ length: log.count }, (_, seq) => log.measurement(seq)).flatMap(({ ts, values }) => {
      const value = values[metric];
      return typeof value === 'number' ? [{ ts, value }] : [];
    });
    // The last readings of a device wait for what might still come before them.
    const lastMs = readings.reduce((last, { ts }) => Math.max(last, ts), 0);
    const stretch = { fromMs: this.fromMs, toMs: lastMs - latenessMs };
    const expected = occurrencesAbove(readings, limit, stretch);
    const { missed, wrong } = differenceOf(expected, within(byDevice.get(log.device) ?? [], stretch));
    const example = [...missed, ...wrong].map((one) => `${log.device} ${metric} ${JSON.stringify(one)}`).slice(0, 1);
    return { expected: expected.length, missed: missed.length, wrong: wrong.length, example };
  }
}

/** An alarm begins at its deadline, which lies in the stretch that made it. */
function wasSilent({ startMs }: FoundAlarm, stretches: readonly UnheardStretch[]): boolean {
  return stretches.some(
    ({ fromMs, toMs, countedMs }) => countedMs >= silentMs - tickMs && startMs > fromMs && startMs <= toMs + tickMs,
  );
}

/** Everything that is known of it. */
function tale({ device, startMs, endMs, raiseNoticedMs }: FoundAlarm, stretches: readonly UnheardStretch[]): string {
  const at = (ms: number | undefined): string =>
    ms === undefined || ms === Infinity ? 'now' : new Date(ms).toISOString().slice(11, 23);
  const unheard = stretches.map(
    (each) => `${at(each.fromMs)} to ${at(each.toMs)} (${seconds(each.countedMs)} s beside ${each.outages} outages)`,
  );
  return `${device} ${at(startMs)} to ${at(endMs)}, noticed ${at(raiseNoticedMs)}; unheard ${unheard.join(', ') || 'never'}`;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

interface Held {
  readonly expected: number;
  readonly missed: number;
  readonly wrong: number;
  readonly example: readonly string[];
}

const nothing: Held = { expected: 0, missed: 0, wrong: 0, example: [] };

function heldTogether(a: Held, b: Held): Held {
  return {
    ...{ expected: a.expected + b.expected, missed: a.missed + b.missed, wrong: a.wrong + b.wrong },
    example: [...a.example, ...b.example].slice(0, 1),
  };
}
