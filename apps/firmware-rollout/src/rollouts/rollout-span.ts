import {
  contextOfTraceparent,
  myelinAttributes,
  spans,
  startCausedSpan,
  traceparentOf,
  tracer,
} from '@myelin/observability';
import { type Context, ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import type { EntityManager } from 'typeorm';
import { afterCommit } from '../after-commit.js';
import type { RolloutChange } from '../domain/rollouts/change-rollout.js';
import type { RolloutRecord } from '../persistence/rollouts.repository.js';

export type ChangedRollout = Extract<RolloutChange, { outcome: 'changed' }>;

export interface TracedChange {
  /** With the span of the change: where what it leads to goes on. */
  readonly at: Context;
  /** Of a change that somebody asked for: what follows later by itself is linked to it. */
  readonly traceparent: string | undefined;
}

const tracing = tracer('@myelin/firmware-rollout');

/**
 * The span of a rollout's change: in the trace of the request that asks for it; of what comes by itself a trace of its own that
 * links what was asked for last. It is written, and the change logged, when the transaction is committed.
 */
export function traceRolloutChange(tx: EntityManager, record: RolloutRecord, { entry }: ChangedRollout): TracedChange {
  const { tenant, name, traceparent } = record;
  const { kind, from, to, wave, reason } = entry;
  const asking = context.active();
  const span = startCausedSpan(tracing, kind === 'start-wave' ? spans.startWave : spans.changeRollout, {
    attributes: {
      [myelinAttributes.tenant]: tenant,
      [myelinAttributes.rollout]: name,
      [myelinAttributes.rolloutState]: to,
      [myelinAttributes.rolloutChange]: kind,
      ...(wave === undefined ? {} : { [myelinAttributes.wave]: wave }),
    },
    parent: asking,
    link: contextOfTraceparent(traceparent) ?? asking,
  });
  const at = trace.setSpan(ROOT_CONTEXT, span);
  afterCommit(tx, (logger) => {
    // What people wrote as a reason is in the history, not here.
    context.with(at, () =>
      logger.info({ tenant, rollout: name, change: kind, from, to, wave, reason }, 'rollout changed'),
    );
    span.end();
  });
  return { at, traceparent: trace.getSpan(asking) === undefined ? undefined : traceparentOf(at) };
}
