import type { SeenSpan, TraceSource } from '../trace-source/trace-source.js';
import { type Journey, type Node, driver } from './journey.js';

/** The driver's request that a journey began with, or the span that began by itself. */
export interface DrivenRequest {
  readonly traceId: string;
  /** Of the driver's own span, which nobody exports. */
  readonly spanId: string;
}

export interface CheckedRow {
  readonly kind: 'signal' | 'edge' | 'link' | 'whole';
  /** `POST /v1/telemetry@ingest-gateway -> process myelin.telemetry.v1@telemetry` */
  readonly what: string;
  readonly passed: boolean;
}

interface Seen {
  /** The request's trace. */
  readonly spans: readonly SeenSpan[];
  /** Traces that are linked to it. */
  readonly later: readonly SeenSpan[];
}

/** Where a journey began that no request led to; undefined when that has not come. */
export async function beginningOf(
  source: TraceSource,
  { node, attribute, value }: NonNullable<Journey['root']>,
): Promise<DrivenRequest | undefined> {
  const { name, service } = partsOf(node);
  const spans = await source.spansNamed(service, name);
  return spans.find(
    ({ parentSpanId, links, attributes }) =>
      parentSpanId === undefined && links.length > 0 && attributes[attribute] === value,
  );
}

/** Each row and each edge of a journey, held against what was seen by now. */
export async function checkJourney(
  source: TraceSource,
  journey: Journey,
  request: DrivenRequest,
): Promise<CheckedRow[]> {
  const spans = await source.spansOf(request.traceId);
  const seen = { spans, later: await linkedTo(source, journey, spans) };
  return [
    ...signalRows(journey, seen),
    ...edgeRows(journey.edges, spans, request),
    ...linkRows(journey, seen),
    ...edgeRows(journey.laterEdges, seen.later, request),
    wholeRow(spans, request),
  ];
}

function signalRows({ signals }: Journey, { spans, later }: Seen): CheckedRow[] {
  return Object.entries(signals).flatMap(([service, names]) =>
    names.map((name): CheckedRow => {
      const node: Node = `${name}@${service}`;
      return { kind: 'signal', what: node, passed: [...spans, ...later].some((span) => isOf(span, node)) };
    }),
  );
}

function edgeRows(edges: Journey['edges'], spans: readonly SeenSpan[], request: DrivenRequest): CheckedRow[] {
  return edges.map(([parent, child]) => {
    const ids = parent === driver ? [request.spanId] : idsOf(spans, parent);
    const passed = spans.some((span) => isOf(span, child) && ids.includes(span.parentSpanId ?? ''));
    return { kind: 'edge', what: `${parent} -> ${child}`, passed };
  });
}

function linkRows({ links }: Journey, { spans, later }: Seen): CheckedRow[] {
  return links.map(([cause, linking]) => {
    const ids = idsOf(spans, cause);
    const passed = later.some((span) => isOf(span, linking) && pointsTo(span, ids));
    return { kind: 'link', what: `${cause} ~> ${linking}`, passed };
  });
}

/** Nothing in the trace hangs in the air: whoever lost a context shows here, whatever is expected. */
function wholeRow(spans: readonly SeenSpan[], request: DrivenRequest): CheckedRow {
  const ids = new Set([request.spanId, ...spans.map(({ spanId }) => spanId)]);
  const loose = spans.filter(({ spanId, parentSpanId = '' }) => spanId !== request.spanId && !ids.has(parentSpanId));
  const names = loose.map(({ name, service }) => `${name}@${service}`).join(', ');
  const what = loose.length === 0 ? 'every span has a parent' : `every span has a parent, but not ${names}`;
  return { kind: 'whole', what, passed: spans.length > 0 && loose.length === 0 };
}

/** All spans of the traces that begin with a link to one of these. */
async function linkedTo(source: TraceSource, { links }: Journey, spans: readonly SeenSpan[]): Promise<SeenSpan[]> {
  const traces = new Set<string>();
  for (const [cause, linking] of links) {
    const { name, service } = partsOf(linking);
    const ids = idsOf(spans, cause);
    for (const span of await source.spansNamed(service, name)) if (pointsTo(span, ids)) traces.add(span.traceId);
  }
  return (await Promise.all([...traces].map((traceId) => source.spansOf(traceId)))).flat();
}

function pointsTo({ links }: SeenSpan, spanIds: readonly string[]): boolean {
  return links.some(({ spanId }) => spanIds.includes(spanId));
}

function idsOf(spans: readonly SeenSpan[], node: Node): string[] {
  return spans.filter((span) => isOf(span, node)).map(({ spanId }) => spanId);
}

function isOf(span: SeenSpan, node: Node): boolean {
  const { name, service } = partsOf(node);
  return span.name === name && span.service === service;
}

function partsOf(node: Node): { name: string; service: string } {
  const at = node.lastIndexOf('@');
  return { name: node.slice(0, at), service: node.slice(at + 1) };
}
