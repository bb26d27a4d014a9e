import { type Attributes, type Context, ROOT_CONTEXT, type Span, context, trace } from '@opentelemetry/api';
import { myelinAttributes, spans, startCausedSpan, tracer } from '@myelin/observability';
import type { EntityManager } from 'typeorm';
import { afterCommit } from '../after-commit.js';
import type { Assignment } from '../domain/assignments/assignment.js';
import { type RolloutOfAssignment, installationOf } from './carry-out-effects.js';

const tracing = tracer('@myelin/firmware-rollout');

/** The span of what a device, or an operator, changes: in the trace of the request. Written when the transaction is committed. */
export function traceAssignmentChange(tx: EntityManager, of: RolloutOfAssignment, assignment: Assignment): Context {
  const attributes = attributesOf(of, assignment);
  return written(tx, startCausedSpan(tracing, spans.changeAssignment, { attributes, parent: context.active() }));
}

/**
 * The same of one of many devices that a step changes: of the first that are offered something in the trace of their wave; otherwise
 * in a trace of its own, of which the usual share is kept, for there may be a million.
 */
export function traceStepOfAssignment(tx: EntityManager, of: RolloutOfAssignment, assignment: Assignment): Context {
  const { kind, name } = spans.changeAssignment;
  return written(tx, tracing.startSpan(name, { kind, attributes: attributesOf(of, assignment) }));
}

function written(tx: EntityManager, span: Span): Context {
  afterCommit(tx, () => span.end());
  return trace.setSpan(ROOT_CONTEXT, span);
}

function attributesOf(of: RolloutOfAssignment, { device, attempt, state }: Assignment): Attributes {
  return {
    [myelinAttributes.tenant]: of.tenant,
    [myelinAttributes.device]: device,
    [myelinAttributes.rollout]: of.rollout,
    [myelinAttributes.assignment]: installationOf(of, device, attempt),
    [myelinAttributes.assignmentState]: state,
  };
}
