import type { createDataSource } from '@myelin/persistence';
import type { EntityManager } from 'typeorm';
import { BenchmarksError } from './harness/benchmarks.errors.js';

/** What this bench measures of the firmware-rollout service. No room imports an app, so its shape is stated here. */
export interface FirmwareRollouts {
  readonly entities: NonNullable<Parameters<typeof createDataSource>[0]['entities']>;
  readonly insertRollout: (tx: EntityManager, record: object) => Promise<void>;
  readonly lockRollout: (tx: EntityManager, tenant: string, name: string) => Promise<object | undefined>;
  readonly beginRollout: (tx: EntityManager, of: object, nowMs: number) => Promise<object>;
  readonly planOf: (db: EntityManager, record: object, demands: object) => Promise<{ readonly order: Uint32Array }>;
  readonly runStep: (
    tx: EntityManager,
    id: string,
    settings: { readonly nowMs: number; readonly after: number },
  ) => Promise<{ readonly isChanged: boolean; readonly after: number }>;
  readonly findWaves: (tx: EntityManager, id: string) => Promise<readonly object[]>;
  readonly applyAction: (tx: EntityManager, locked: object, action: object, nowMs: number) => Promise<unknown>;
  readonly applyEvent: (tx: EntityManager, of: object, event: object, nowMs: number) => Promise<unknown>;
  readonly readFacts: (
    db: EntityManager,
    tenant: string,
    name: string,
  ) => Promise<{ readonly counts: readonly { readonly wave: number; readonly state: string; devices: number }[] }>;
}

/** From the built service. @throws BenchmarksError benchmarks.run-failed when it has another shape */
export async function firmwareRollouts(): Promise<FirmwareRollouts> {
  return {
    entities: (await memberOf('persistence/entities.js', 'entities')) as FirmwareRollouts['entities'],
    insertRollout: await functionIn('persistence/rollouts.repository.js', 'insertRollout'),
    lockRollout: await functionIn('persistence/rollouts.repository.js', 'lockRollout'),
    beginRollout: await functionIn('rollouts/begin-rollout.js', 'beginRollout'),
    planOf: await functionIn('rollouts/begin-rollout.js', 'planOf'),
    runStep: await functionIn('rollouts/run-step.js', 'runStep'),
    findWaves: await functionIn('persistence/rollouts.repository.js', 'findWaves'),
    applyAction: await functionIn('rollouts/apply-action.js', 'applyAction'),
    applyEvent: await functionIn('assignments/apply-event.js', 'applyEvent'),
    readFacts: await functionIn('features/manage-rollouts/rollout-facts.js', 'readFacts'),
  };
}

async function functionIn<Member>(file: string, name: string): Promise<Member> {
  const found = await memberOf(file, name);
  if (typeof found === 'function') return found as Member;
  throw BenchmarksError.permanent('benchmarks.run-failed', `${file} of the firmware-rollout service has no ${name}`);
}

async function memberOf(file: string, name: string): Promise<unknown> {
  const { href } = new URL(`../../../apps/firmware-rollout/dist/${file}`, import.meta.url);
  return ((await import(href)) as Readonly<Record<string, unknown>>)[name];
}
