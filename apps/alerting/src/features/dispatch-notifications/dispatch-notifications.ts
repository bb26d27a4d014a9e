import { randomUUID } from 'node:crypto';
import { type Logger, counter, metrics } from '@myelin/observability';
import type { EntityManager } from 'typeorm';
import type { Alerting } from '../../alerting.js';
import { alertOfAlarm } from '../../domain/notifying/alert-of-alarm.js';
import { type AcceptOutcome, Dispatcher } from '../../domain/notifying/dispatcher.js';
import { type Silence, silenceFromStore } from '../../domain/notifying/silences.js';
import type { Policies, VersionedPolicy } from '../../notifications/policies.js';
import { enqueueDeliveries } from '../../persistence/deliveries.repository.js';
import {
  type QueuedAlarm,
  lockDispatcher,
  releaseDispatchers,
  storeStep,
  takeQueued,
  tenantsToDispatch,
} from '../../persistence/dispatch.repository.js';
import { loadDispatcherState, storeDispatcherChanges } from '../../persistence/dispatcher-state.repository.js';
import { openSilences, silencesVersion } from '../../persistence/silences.repository.js';

export interface DispatchSettings {
  readonly alerting: Alerting;
  readonly policies: Policies;
  /** Where operators reach this service. */
  readonly externalUrl: string;
  /** How long the tenants of a process that died wait for another one. */
  readonly leaseMs: number;
  readonly logger: Logger;
}

const tenantsAtOnce = 100;
/** Of one step, so that it is soon over and its notifications fit into memory. */
const changesPerStep = 1_000;
const groupsPerStep = 50;

/** A dispatcher in memory, as it is stored. */
interface Held {
  /** How many steps were stored when it was so. */
  readonly step: number;
  readonly policyVersion: number;
  readonly silencesVersion: number;
  readonly dispatcher: Dispatcher;
}

interface StepTaken {
  readonly held: Held | undefined;
  readonly hasMore: boolean;
  readonly refused: readonly AcceptOutcome[];
}

/**
 * Takes the steps of all tenants' dispatchers, of which any number of processes may run: alarms that changed become alerts,
 * and what is due goes into the ledger. One step is one transaction, under the lock of the tenant's dispatcher: what it
 * takes out of the queue, what the dispatcher knows since, and what is to be told are stored together or not at all.
 */
export class DispatchNotifications {
  private readonly owner = randomUUID();
  /** What is in memory of the tenants that this process owns; the time is that of `performance.now`. */
  private readonly held = new Map<string, Held & { readonly untilMs: number }>();
  /** Tenants whose last step failed: without one they have waited longest, and would be all that is taken. */
  private readonly failing = new Set<string>();
  private readonly untold = counter(metrics.alertsUntold);

  constructor(private readonly settings: DispatchSettings) {}

  /** A step of every tenant that has something to do. Whether there is more to do at once. */
  async step(): Promise<boolean> {
    const { alerting } = this.settings;
    const now = new Date(alerting.clock.nowMs());
    const asked = { owner: this.owner, now, limit: tenantsAtOnce, last: [...this.failing] };
    const tenants = await alerting.read((db) => tenantsToDispatch(db, asked));
    const failures: unknown[] = [];
    let hasMore = tenants.length === tenantsAtOnce;
    for (const tenant of tenants) {
      try {
        hasMore = (await this.stepOf(tenant)) || hasMore;
        this.failing.delete(tenant);
      } catch (error) {
        // The fault of one tenant holds up nobody else.
        this.failing.add(tenant);
        failures.push(error);
      }
    }
    this.forgetIdle();
    if (failures.length > 0) throw failures[0];
    return hasMore;
  }

  /** Leaves what it owns to others. To be called when no step is under way any more. */
  async release(): Promise<void> {
    this.held.clear();
    await this.settings.alerting.change((tx) => releaseDispatchers(tx, this.owner));
  }

  private async stepOf(tenant: string): Promise<boolean> {
    const { alerting, leaseMs, logger } = this.settings;
    const untilMs = performance.now() + leaseMs;
    // What a step has changed in memory is worth nothing until it is stored: it is put back when it is.
    let known: Held | undefined = this.held.get(tenant);
    this.held.delete(tenant);
    const taken = await alerting.change((tx) => {
      const before = known;
      known = undefined;
      return this.take(tx, tenant, before);
    });
    if (taken === undefined) return false;
    if (taken.held !== undefined) this.held.set(tenant, { ...taken.held, untilMs });
    for (const outcome of taken.refused) this.untold.add(1, { outcome });
    if (taken.refused.length > 0) logger.warn({ tenant, alerts: taken.refused.length }, 'alerts are not told');
    return taken.hasMore;
  }

  /** One step, in the transaction. Undefined: the dispatcher is somebody else's. */
  private async take(tx: EntityManager, tenant: string, known: Held | undefined): Promise<StepTaken | undefined> {
    const step = await lockDispatcher(tx, tenant, this.owner);
    if (step === undefined) return undefined;
    const nowMs = this.settings.alerting.clock.nowMs();
    const held = await this.current(tx, tenant, { step, known }, nowMs);
    const { alarms, noted } = await takeQueued(tx, tenant, changesPerStep);
    const outcomes = held === undefined ? [] : alarms.map((one) => this.accept(held.dispatcher, tenant, one, nowMs));
    if (held !== undefined) {
      await enqueueDeliveries(tx, tenant, held.dispatcher.tick(nowMs, groupsPerStep));
      await storeDispatcherChanges(tx, tenant, held.dispatcher.takeChanges());
    }
    const dueMs = held?.dispatcher.nextDueMs();
    const dueAt = dueMs === undefined ? null : new Date(dueMs);
    await storeStep(tx, tenant, { owner: this.owner, leaseMs: this.settings.leaseMs, dueAt });
    return {
      held: held === undefined ? undefined : { ...held, step: step + 1 },
      hasMore: noted === changesPerStep || (dueMs !== undefined && dueMs <= nowMs),
      refused: outcomes.filter((outcome) => outcome === 'refused' || outcome === 'malformed'),
    };
  }

  /** The dispatcher with the policy and the silences of now. Undefined: the tenant has no policy, so nobody is told. */
  private async current(
    tx: EntityManager,
    tenant: string,
    { step, known }: { readonly step: number; readonly known: Held | undefined },
    nowMs: number,
  ): Promise<Held | undefined> {
    const versioned = await this.settings.policies.of(tx, tenant);
    if (versioned === undefined) return undefined;
    // The version before the silences: where both change in between, they are read once more at the next step.
    const silencesAt = await silencesVersion(tx, tenant);
    if (known?.step !== step) {
      const silences = await readSilences(tx, tenant, nowMs);
      const state = await loadDispatcherState(tx, tenant);
      const dispatcher = Dispatcher.restore(versioned.policy, silences, state, nowMs);
      return heldOf(dispatcher, versioned, { step, silencesAt });
    }
    const { dispatcher } = known;
    if (known.policyVersion !== versioned.version) dispatcher.replacePolicy(versioned.policy, nowMs);
    if (known.silencesVersion !== silencesAt) dispatcher.silences.replaceAll(await readSilences(tx, tenant, nowMs));
    return heldOf(dispatcher, versioned, { step, silencesAt });
  }

  private accept(dispatcher: Dispatcher, tenant: string, queued: QueuedAlarm, nowMs: number): AcceptOutcome {
    const { alarm, revision, settlesAtMs, traceparent } = queued;
    const url = `${this.settings.externalUrl}/v1/alarms/${alarm.id}`;
    return dispatcher.accept(alertOfAlarm(alarm, { tenant, revision, settlesAtMs, traceparent, url }, nowMs), nowMs);
  }

  /** What had no step while it was owned may be somebody else's by now. */
  private forgetIdle(): void {
    const nowMs = performance.now();
    for (const [tenant, { untilMs }] of this.held) if (untilMs < nowMs) this.held.delete(tenant);
  }
}

function heldOf(
  dispatcher: Dispatcher,
  { version }: VersionedPolicy,
  { step, silencesAt }: { readonly step: number; readonly silencesAt: number },
): Held {
  return { step, policyVersion: version, silencesVersion: silencesAt, dispatcher };
}

/** A silence that cannot be read mutes nothing: it was made by a later version of this service. */
async function readSilences(tx: EntityManager, tenant: string, nowMs: number): Promise<Silence[]> {
  const stored = await openSilences(tx, tenant, new Date(nowMs));
  return stored.flatMap((each) => silenceFromStore(each) ?? []);
}
