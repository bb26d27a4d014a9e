import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeviceReportKind } from '../assignments/device-report.js';
import { type ReferencePlan, ReferenceRollouts } from './reference-rollout.js';
import type { Rollout } from './rollout.js';
import { type DecidedStep, StoredRollouts, isAtWork } from './stored-rollouts-fixture.js';

const timeoutMs = 30_000;
const common = { successShare: 0.5, soakMs: 5_000, pauseAbove: 0.5, minimumFailures: 2, timeoutMs };
const plans: readonly ReferencePlan[] = [
  {
    ...{ ...common, id: 'heavy', weight: 900, perMinute: 7, needsSecondPerson: true, needsConfirmation: false },
    waves: [['d0'], ['d1', 'd2', 'd3'], ['d4', 'd5', 'd6', 'd7']],
  },
  {
    ...{ ...common, id: 'light', weight: 500, perMinute: 30, needsSecondPerson: false, needsConfirmation: true },
    waves: [
      ['d3', 'd0'],
      ['d1', 'd7', 'd5', 'd2'],
    ],
  },
];
const devices = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'];

/** What of the engine's step comes through. */
type Fate = 'applied' | 'lost' | 'applied twice' | 'kept for later';
type Step =
  | { readonly kind: 'engine'; readonly rollout: string; readonly fate: Fate }
  /** The `nth` action from the latest one back: of any attempt, open or closed. */
  | {
      readonly kind: 'report';
      readonly nth: number;
      readonly report: DeviceReportKind;
      readonly about: 'deployment' | 'cancel';
    }
  /** Whether the device agrees to the `nth` action from the latest one back. */
  | { readonly kind: 'answer'; readonly nth: number; readonly agrees: boolean }
  | { readonly kind: 'person'; readonly rollout: string; readonly does: PersonAction; readonly by: string }
  | {
      readonly kind: 'device';
      readonly rollout: string;
      readonly device: string;
      readonly does: 'cancel' | 'skip' | 'retry';
    }
  | { readonly kind: 'registry'; readonly device: string; readonly says: 'suspended' | 'active' | 'retired' }
  | { readonly kind: 'wait'; readonly ms: number };
type PersonAction = 'start' | 'approve' | 'pause' | 'resume' | 'abort' | 'advance';

const rollout = fc.constantFrom('heavy', 'light');
const device = fc.constantFrom(...devices);
const reports = fc.constantFrom<DeviceReportKind>(
  ...([
    'retrieved',
    'downloading',
    'downloaded',
    'proceeding',
    'proceeding',
    'warned',
    'succeeded',
    'succeeded',
  ] as const),
  ...(['succeeded', 'succeeded', 'failed', 'failed', 'cancelled', 'cancel-refused'] as const),
);
function steps(fates: readonly Fate[]): fc.Arbitrary<Step[]> {
  const kind = <K extends Step['kind']>(name: K) => fc.constant(name);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 12, arbitrary: fc.record({ kind: kind('engine'), rollout, fate: fc.constantFrom(...fates) }) },
    {
      weight: 10,
      arbitrary: fc.record({
        ...{ kind: kind('report'), nth: fc.nat(4), report: reports },
        about: fc.constantFrom('deployment' as const, 'deployment' as const, 'cancel' as const),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: kind('answer'), nth: fc.nat(3), agrees: fc.constantFrom(true, true, false) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        ...{ kind: kind('person'), rollout, by: fc.constantFrom('ann', 'bob') },
        does: fc.constantFrom<PersonAction>(
          'start',
          'approve',
          'pause',
          'resume',
          'resume',
          'resume',
          'advance',
          'advance',
          'abort',
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: kind('device'),
        rollout,
        device,
        does: fc.constantFrom('cancel', 'skip', 'retry', 'retry'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind('registry'),
        device,
        says: fc.constantFrom('suspended', 'active', 'active', 'retired'),
      }),
    },
    { weight: 5, arbitrary: fc.record({ kind: kind('wait'), ms: fc.constantFrom(1, 1_000, 5_000, 10_000, 31_000) }) },
  );
  return fc.array(step, { maxLength: 150, size: 'max' });
}

/** Both sides, and the time. */
class World {
  nowMs = 1_000_000;
  readonly stored = new StoredRollouts();
  readonly reference = new ReferenceRollouts(plans);
  readonly kept: DecidedStep[] = [];

  constructor() {
    for (const [index, plan] of plans.entries()) {
      this.stored.add(rolloutOf(plan, index), plan.waves, this.nowMs);
      if (plan.needsConfirmation) this.stored.asking.add(plan.id);
    }
    this.take({ kind: 'person', rollout: 'heavy', does: 'start', by: 'ann' });
    this.take({ kind: 'person', rollout: 'heavy', does: 'approve', by: 'bob' });
    this.take({ kind: 'person', rollout: 'light', does: 'start', by: 'bob' });
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'engine':
        return this.engine(step.rollout, step.fate);
      case 'report':
        return this.report(step.nth, step.report, step.about);
      case 'answer':
        return this.answer(step.nth, step.agrees);
      case 'person':
        return this.person(step.rollout, step.does, step.by);
      case 'device':
        return this.device(step.rollout, step.device, step.does);
      case 'registry':
        return this.registry(step.device, step.says);
      case 'wait':
        this.nowMs += step.ms;
    }
  }

  private engine(id: string, fate: Fate): void {
    const decided = this.stored.decided(id, this.nowMs);
    if (fate === 'lost') return;
    if (fate === 'kept for later') {
      this.kept.push(decided);
      if (this.kept.length > 3) this.stored.apply(this.kept.shift()!, this.nowMs);
      return;
    }
    this.stored.apply(decided, this.nowMs);
    if (fate === 'applied twice') this.stored.applyAgain(decided, this.nowMs);
    this.reference.step(id, this.nowMs);
  }

  private report(nth: number, report: DeviceReportKind, about: 'deployment' | 'cancel'): void {
    const action = this.stored.actions.size - nth;
    if (action < 1) return;
    // No device refuses to stop but in an answer to being asked to.
    const resource = report === 'cancel-refused' ? 'cancel' : about;
    this.stored.report(action, report, resource, this.nowMs);
    this.reference.report(action, report, resource, this.nowMs);
  }

  private answer(nth: number, agrees: boolean): void {
    const action = this.stored.actions.size - nth;
    if (action < 1) return;
    this.stored.answer(action, agrees, this.nowMs);
    if (agrees) this.reference.agree(action, this.nowMs);
  }

  private person(id: string, does: PersonAction, by: string): void {
    const { stored, nowMs } = this;
    const model = this.reference.of(id);
    const wave = model.waves.findLastIndex(({ state }) => state !== 'pending');
    switch (does) {
      case 'start':
        model.start(by);
        return stored.act(id, { kind: 'start', by }, nowMs);
      case 'approve':
        model.approve(by);
        return stored.act(id, { kind: 'approve', by }, nowMs);
      case 'pause':
        model.pause();
        return stored.act(id, { kind: 'pause', reason: 'operator', detail: 'a break', by }, nowMs);
      case 'resume':
        model.resume();
        return stored.resume(id, by, nowMs);
      case 'abort':
        model.abort();
        return stored.act(id, { kind: 'abort', cause: 'abort', by }, nowMs);
      case 'advance':
        model.advance(Math.max(0, wave));
        return stored.act(id, { kind: 'advance', wave: Math.max(0, wave), by }, nowMs);
    }
  }

  private device(id: string, name: string, does: 'cancel' | 'skip' | 'retry'): void {
    const model = this.reference.of(id);
    if (does === 'cancel') model.cancel(name, this.nowMs);
    else if (does === 'skip') model.skip(name, this.nowMs);
    else model.retry(name);
    const event = {
      cancel: { kind: 'cancel', cause: 'operator', timeoutMs, by: 'ann' },
      skip: { kind: 'skip', reason: 'operator', by: 'ann' },
      retry: { kind: 'retry', by: 'ann' },
    } as const;
    this.stored.changeDevice(id, name, event[does], this.nowMs);
  }

  private registry(name: string, says: 'suspended' | 'active' | 'retired'): void {
    this.reference.suspend(name, says !== 'active');
    if (says === 'active') this.stored.suspended.delete(name);
    else this.stored.suspended.add(name);
    if (says !== 'retired') return;
    this.stored.endDevice(name, this.nowMs);
    this.reference.endDevice(name, 'device-retired', this.nowMs);
  }
}

function rolloutOf(plan: ReferencePlan, index: number): Rollout {
  return {
    ...{ id: plan.id, weight: plan.weight, createdAtMs: index, state: 'draft', version: 1 },
    settings: {
      advance: [
        { kind: 'success-share', atLeast: plan.successShare },
        { kind: 'soak-time', ms: plan.soakMs },
      ],
      pause: [{ kind: 'failure-share', above: plan.pauseAbove, minimumFailures: plan.minimumFailures }],
      ...{ speed: { kind: 'constant', perMinute: plan.perMinute }, timeoutMs },
      ...(plan.needsSecondPerson ? { startApproval: 'second-person' } : {}),
    },
  };
}

/** The most that were offered within less than a minute. */
function mostInMinute(world: World, id: string): number {
  const times = world.stored.offers.filter((each) => each.rollout === id).map(({ atMs }) => atMs);
  return Math.max(0, ...times.map((from) => times.filter((atMs) => atMs >= from && atMs < from + 60_000).length));
}

test('whatever devices, people and crashes do, rollouts end as the plain model says', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(steps(['applied', 'applied', 'applied', 'lost', 'applied twice']), (taken) => {
      const world = new World();
      for (const [index, step] of taken.entries()) {
        world.take(step);
        const [ours, meant] = [world.stored.seen(), world.reference.seen()];
        // Comparing texts is a hundred times faster than asking whether they compare.
        if (ours.join() !== meant.join()) expect({ index, step, seen: ours }).toEqual({ index, step, seen: meant });
      }
      for (const { id, perMinute } of plans) expect(mostInMinute(world, id)).toBeLessThanOrEqual(perMinute);
      for (const { state } of [...world.stored.rollouts.values(), ...world.stored.assignments]) reached.add(state);
    }),
    { numRuns: 400 },
  );
  // Histories that never get anywhere would prove nothing.
  expect([...reached]).toEqual(expect.arrayContaining(['succeeded', 'failed', 'cancelled', 'skipped', 'cancelling']));
  expect([...reached]).toEqual(expect.arrayContaining(['unconfirmed', 'running', 'paused', 'aborting', 'aborted']));
});

test('steps that come late break no promise, and an abort then ends with nobody active', () => {
  fc.assert(
    fc.property(steps(['applied', 'lost', 'applied twice', 'kept for later', 'kept for later']), (taken) => {
      const world = new World();
      for (const step of taken) world.take(step);
      for (const { id, perMinute } of plans) expect(mostInMinute(world, id)).toBeLessThanOrEqual(perMinute);
      for (const { id } of plans) {
        world.take({ kind: 'person', rollout: id, does: 'abort', by: 'ann' });
        for (let round = 0; round < 6; round += 1) {
          world.take({ kind: 'engine', rollout: id, fate: 'applied' });
          world.take({ kind: 'wait', ms: timeoutMs });
        }
        expect(world.stored.rolloutOf(id).state).toMatch(/aborted|succeeded/);
      }
      expect(world.stored.assignments.filter(isAtWork)).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
