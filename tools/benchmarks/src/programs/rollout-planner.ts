import 'reflect-metadata';
import process from 'node:process';
import { uuidv7 } from '@myelin/kernel';
import { createDataSource, inTransaction } from '@myelin/persistence';
import type { DataSource } from 'typeorm';
import { type FirmwareRollouts, firmwareRollouts } from '../firmware-rollouts.js';
import { serveProgram } from '../harness/program.js';

export const tenant = 'acme';
const demands = { profile: 'thermometer', version: '2.0.0', hardwareIds: ['board:1.0'] };
const mode = { kind: 'forced' };

export interface Took {
  readonly ms: number;
  /** How far the process grew beyond what it was before the first question. */
  readonly peakBytes: number;
}
export interface SteppedOn extends Took {
  readonly steps: number;
  readonly longestMs: number;
}

let dataSource: DataSource;
let service: FirmwareRollouts;
let rollout: { readonly id: string; readonly record: object };
let startedBytes = 0;
/** Of the engine: steps do not wait for the speed limit. */
let nowMs = Date.now();

async function open({ url, canary }: { readonly url: string; readonly canary: number }): Promise<void> {
  service = await firmwareRollouts();
  const { entities } = service;
  const applicationName = 'rollout-planner';
  dataSource = createDataSource({ url, schema: 'firmware_rollout', poolSize: 2, entities, applicationName });
  await dataSource.initialize();
  const id = uuidv7();
  const settings = {
    ...{ isDynamic: true, advance: [], pause: [] },
    ...{ speed: { kind: 'constant', perMinute: 6_000 }, timeoutMs: 600_000 },
  };
  const waves = [
    { kind: 'count', count: canary },
    { kind: 'count', count: 10 * canary },
  ];
  const definition = { release: 'thermometer-2', target: {}, isDynamic: true, mode, waves, settings };
  const of = { id, weight: 1_000, createdAtMs: nowMs, settings, state: 'draft', version: 1 };
  const record = { tenant, name: 'spring', definition, createdBy: 'operator:ada', waitsFor: [], rollout: of };
  await inTransaction(dataSource, (tx) => service.insertRollout(tx, record));
  rollout = { id, record };
  startedBytes = process.memoryUsage.rss();
}

async function took(work: () => Promise<unknown>): Promise<Took> {
  const startedAt = performance.now();
  await work();
  const peakBytes = Math.max(0, process.resourceUsage().maxRSS * 1_024 - startedBytes);
  return { ms: performance.now() - startedAt, peakBytes };
}

/** What a preview does: the plan, and nothing stored. */
const preview = (): Promise<Took> => took(() => service.planOf(dataSource.manager, rollout.record, demands));

/** What the request of a start does: one transaction. */
const start = (): Promise<Took> =>
  took(() =>
    inTransaction(dataSource, async (tx) => {
      const record = await service.lockRollout(tx, tenant, 'spring');
      await service.beginRollout(tx, { record, demands, by: 'operator:ada' }, nowMs);
    }),
  );

/** Steps until the wave has as many devices at work. */
const offer = ({ wave, devices }: { readonly wave: number; readonly devices: number }): Promise<SteppedOn> =>
  steppedUntil(async () => (await countIn(wave, 'offered')) >= devices);

/** Steps until nothing changes any more: everybody who changed was looked at. */
const look = (): Promise<SteppedOn> => steppedUntil(async (isChanged) => !isChanged);

/** An operator's abort, and steps until nobody is left who never began. */
async function abort(): Promise<SteppedOn> {
  await inTransaction(dataSource, async (tx) => {
    const record = await service.lockRollout(tx, tenant, 'spring');
    const locked = { record, waves: await service.findWaves(tx, rollout.id) };
    await service.applyAction(tx, locked, { kind: 'abort', cause: 'abort', by: 'operator:ada' }, nowMs);
  });
  return steppedUntil(async (isChanged) => !isChanged);
}

async function steppedUntil(isReached: (isChanged: boolean) => Promise<boolean>): Promise<SteppedOn> {
  let [steps, longestMs, after] = [0, 0, -1];
  const all = await took(async () => {
    for (let isChanged = true; steps === 0 || !(await isReached(isChanged)); steps += 1) {
      const { ms } = await took(async () => {
        const step = await inTransaction(dataSource, (tx) => service.runStep(tx, rollout.id, { nowMs, after }));
        ({ isChanged, after } = step);
      });
      longestMs = Math.max(longestMs, ms);
      if (!isChanged) nowMs += 10_001;
    }
  });
  return { ...all, steps, longestMs };
}

async function countIn(wave: number, state: string): Promise<number> {
  const { counts } = await service.readFacts(dataSource.manager, tenant, 'spring');
  return counts.find((each) => each.wave === wave && each.state === state)?.devices ?? 0;
}

/** Every device that was offered the firmware has it. */
async function succeed(): Promise<void> {
  const devices = await dataSource.query<{ device: string }[]>(`SELECT device FROM assignment WHERE state = 'offered'`);
  const of = { id: rollout.id, tenant, rollout: 'spring', release: 'thermometer-2', releaseVersion: '2.0.0', mode };
  const event = { kind: 'report', report: 'succeeded', about: 'deployment', timeoutMs: 600_000 };
  for (const { device } of devices)
    await inTransaction(dataSource, (tx) => service.applyEvent(tx, of, { device, event }, nowMs));
}

/** What `GET` of the rollout reads. */
const progress = (): Promise<Took> => took(() => service.readFacts(dataSource.manager, tenant, 'spring'));

serveProgram({ open, preview, start, offer, look, succeed, progress, abort }, () => dataSource.destroy());
