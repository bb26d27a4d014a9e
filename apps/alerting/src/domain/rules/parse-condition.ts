import { createModel, limitForecast, modelKinds, type ParameterFault, peerRound } from '@myelin/detectors';
import { JsonReader } from '../definitions/read-json.js';
import type { Problems } from '../definitions/problems.js';
import {
  aggregates,
  type Anomaly,
  type Comparison,
  type Condition,
  type Leaf,
  type LimitReference,
  limitSources,
  type Operator,
  operators,
  orderOperators,
  qualityMetrics,
  type Reaches,
} from './rule.js';

export const ruleLimits = {
  /** Leaves of one condition. */
  leaves: 16,
  /** Levels of all, any and not above a leaf. */
  depth: 4,
  minWindowMs: 1_000,
  /** A week. */
  maxWindowMs: 604_800_000,
  textValue: 256,
} as const;

const metricName = /^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,127}$/;
const leafOperators = [...operators, 'changed', 'stuck', 'anomaly', 'reaches', 'absent'] as const;
const groups = ['all', 'any', 'not'] as const;
const membersOf = {
  comparison: ['metric', 'op', 'aggregate', 'windowMs', 'value'],
  changed: ['metric', 'op'],
  stuck: ['metric', 'op', 'windowMs'],
  anomaly: ['metric', 'op', 'model'],
  reaches: ['metric', 'op', 'forecast'],
  absent: ['metric', 'op', 'windowMs'],
};

/** Stands in for what cannot be read; the problems say why. */
const nothing: Condition = { all: [] };

/** Reads a condition; what is wrong with it goes to the problems. */
export function parseCondition(value: unknown, pointer: string, problems: Problems): Condition {
  const before = problems.found.length;
  const condition = readCondition(value, pointer, problems, 0);
  if (problems.found.length === before) {
    const count = leavesOf(condition).length;
    problems.expect(count <= ruleLimits.leaves, pointer, `has ${count} parts; ${ruleLimits.leaves} at most`);
  }
  return condition;
}

/** The parts of a condition that look at metrics, from left to right. */
export function leavesOf(condition: Condition): Leaf[] {
  return leavesWithPlaces(condition, '').map(({ leaf }) => leaf);
}

/** The same, with where each stands. @param pointer of the condition */
export function leavesWithPlaces(condition: Condition, pointer: string): { leaf: Leaf; pointer: string }[] {
  if ('all' in condition) return condition.all.flatMap((part, i) => leavesWithPlaces(part, `${pointer}/all/${i}`));
  if ('any' in condition) return condition.any.flatMap((part, i) => leavesWithPlaces(part, `${pointer}/any/${i}`));
  return 'not' in condition ? leavesWithPlaces(condition.not, `${pointer}/not`) : [{ leaf: condition, pointer }];
}

/** Whether it is about the quality of an hour's measurements, not about one measurement. */
export function isAboutQuality({ metric }: Leaf): boolean {
  return metric?.startsWith('$') ?? false;
}

export function isAboutSilence(condition: Condition): boolean {
  return leavesOf(condition).some(({ op }) => op === 'absent');
}

function readCondition(value: unknown, pointer: string, problems: Problems, depth: number): Condition {
  const group = groups.find((name) => typeof value === 'object' && value !== null && Object.hasOwn(value, name));
  if (group === undefined) return readLeaf(value, pointer, problems);
  const reader = JsonReader.of(value, pointer, problems, [group]);
  if (!problems.expect(depth < ruleLimits.depth, pointer, `is nested deeper than ${ruleLimits.depth} levels`)) {
    return nothing;
  }
  const part = (one: unknown, at: string): Condition => readCondition(one, at, problems, depth + 1);
  if (group === 'not') return { not: part(reader.get('not'), reader.at('not')) };
  const parts = reader.list(group, ruleLimits.leaves, part);
  problems.expect(parts.length > 0 || !Array.isArray(reader.get(group)), reader.at(group), 'must have an item');
  return group === 'all' ? { all: parts } : { any: parts };
}

function readLeaf(value: unknown, pointer: string, problems: Problems): Condition {
  const known = [...new Set(Object.values(membersOf).flat())];
  const reader = JsonReader.of(value, pointer, problems, known);
  const isAbout = reader.get('op') !== 'absent' || reader.has('metric');
  const metric = isAbout ? reader.requiredText('metric', { max: 128 }) : '';
  if (metric !== '') checkMetric(metric, reader, problems);
  const op = oneOf(reader, 'op', leafOperators, problems);
  problems.expect(reader.has('op'), reader.at('op'), 'is required');
  if (op === undefined) return nothing;
  const isComparison = operators.some((name) => name === op);
  const own = membersOf[isComparison ? 'comparison' : (op as Exclude<typeof op, Operator>)];
  for (const name of known) {
    const fits = own.includes(name) || !reader.has(name);
    problems.expect(fits, reader.at(name), `does not go with the operator ${op}`);
  }
  switch (op) {
    case 'changed':
      return { metric, op };
    case 'absent':
      return { op, ...(isAbout ? { metric } : {}), ...readWindow(reader) };
    case 'stuck':
      return { metric, op, windowMs: requiredWindow(reader, problems) };
    case 'anomaly':
      return { metric, op, model: readModel(reader, problems) };
    case 'reaches':
      return { metric, op, forecast: readForecast(reader, problems) };
    default:
      return readComparison(reader, { metric, op }, problems);
  }
}

function checkMetric(metric: string, reader: JsonReader, problems: Problems): void {
  const at = reader.at('metric');
  if (!metric.startsWith('$')) {
    problems.expect(metricName.test(metric), at, `must match ${metricName.source}`);
    return;
  }
  const isKnown = qualityMetrics.some((name) => name === metric);
  problems.expect(isKnown, at, `is no metric of data quality; there are ${qualityMetrics.join(', ')}`);
  const isHeard = reader.get('op') !== 'absent';
  problems.expect(isHeard, at, 'does not go with the operator absent: nothing is said of an hour without measurements');
}

const modelTypes: readonly string[] = [...modelKinds.map(({ type }) => type), peerRound.type];
/** A time zone has no say in what parameters are right. */
const anywhere = { offsetMsAt: () => 0 };

function readModel(reader: JsonReader, problems: Problems): Anomaly['model'] {
  const model = JsonReader.of(reader.get('model'), reader.at('model'), problems, ['type', 'params']);
  const type = model.requiredText('type', { max: 64 });
  const params = model.get('params') as Record<string, unknown> | undefined;
  const faults = type === '' ? [] : faultsOf(type, params);
  for (const { pointer, problem } of faults) problems.add(`${model.pointer}${pointer}`, problem);
  return { type: type as Anomaly['model']['type'], ...(params === undefined ? {} : { params }) };
}

/** Pointers are into the model. */
function faultsOf(type: string, params: unknown = {}): readonly ParameterFault[] {
  if (!modelTypes.includes(type)) return [{ pointer: '/type', problem: `must be one of ${modelTypes.join(', ')}` }];
  const creation = type === peerRound.type ? peerRound.create(params) : createModel({ type, params }, anywhere);
  if ('model' in creation) return [];
  const base = type === peerRound.type ? '/params' : '';
  return creation.faults.map(({ pointer, problem }) => ({ pointer: `${base}${pointer}`, problem }));
}

function readForecast(reader: JsonReader, problems: Problems): Reaches['forecast'] {
  const forecast = reader.get('forecast');
  const creation = limitForecast.create(forecast);
  if ('faults' in creation)
    for (const { pointer, problem } of creation.faults) problems.add(`${reader.at('forecast')}${pointer}`, problem);
  return forecast as Reaches['forecast'];
}

function readComparison(reader: JsonReader, base: Pick<Comparison, 'metric' | 'op'>, problems: Problems): Condition {
  const aggregate = oneOf(reader, 'aggregate', aggregates, problems) ?? 'last';
  const value = readLimit(reader, problems);
  const isNumeric = typeof value === 'number' || typeof value === 'object';
  const isOrder = orderOperators.some((op) => op === base.op);
  if (!isNumeric) {
    problems.expect(!isOrder, reader.at('value'), `must be a number or a reference with the operator ${base.op}`);
    problems.expect(aggregate === 'last', reader.at('value'), `must be a number or a reference with ${aggregate}`);
  }
  if (aggregate === 'last') {
    problems.expect(!reader.has('windowMs'), reader.at('windowMs'), 'goes only with an aggregate over a window');
    return { ...base, value };
  }
  return { ...base, aggregate, windowMs: requiredWindow(reader, problems), value };
}

function readLimit(reader: JsonReader, problems: Problems): Comparison['value'] {
  const value = reader.get('value');
  if (typeof value === 'object' && value !== null) return readReference(value, reader.at('value'), problems);
  if (typeof value === 'string') return reader.text('value', { min: 0, max: ruleLimits.textValue }) ?? '';
  const fits = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
  problems.expect(
    fits,
    reader.at('value'),
    reader.has('value') ? 'must be a number, true, false, a text or a reference' : 'is required',
  );
  return fits ? value : 0;
}

function readReference(value: object, pointer: string, problems: Problems): LimitReference {
  const reader = JsonReader.of(value, pointer, problems, ['from', 'path', 'default']);
  const from = oneOf(reader, 'from', limitSources, problems);
  problems.expect(reader.has('from'), reader.at('from'), 'is required');
  const path = reader.requiredText('path', { max: 256 });
  const isPointer = /^(\/([^~/]|~[01])*)+$/.test(path);
  if (path !== '') problems.expect(isPointer, reader.at('path'), 'must be a JSON pointer such as /limits/temperature');
  const fallback = reader.get('default');
  const fits = fallback === undefined || (typeof fallback === 'number' && Number.isFinite(fallback));
  problems.expect(fits, reader.at('default'), 'must be a number');
  return { from: from ?? 'device', path, ...(typeof fallback === 'number' ? { default: fallback } : {}) };
}

function readWindow(reader: JsonReader): { windowMs?: number } {
  const windowMs = reader.integer('windowMs', { min: ruleLimits.minWindowMs, max: ruleLimits.maxWindowMs });
  return windowMs === undefined ? {} : { windowMs };
}

function requiredWindow(reader: JsonReader, problems: Problems): number {
  problems.expect(reader.has('windowMs'), reader.at('windowMs'), 'is required');
  return readWindow(reader).windowMs ?? ruleLimits.minWindowMs;
}

/** Undefined when it is absent or, which is a problem, none of them. */
export function oneOf<Name extends string>(
  reader: JsonReader,
  name: string,
  names: readonly Name[],
  problems: Problems,
): Name | undefined {
  if (!reader.has(name)) return undefined;
  const found = names.find((one) => one === reader.get(name));
  problems.expect(found !== undefined, reader.at(name), `must be one of ${names.join(', ')}`);
  return found;
}
