import { RE2JS } from 're2js';
import { type Labels, labelLimits, labelName, labelOf } from './labels.js';
import type { Problems } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';

const operators = ['=', '!=', '=~', '!~'] as const;
export type MatchOperator = (typeof operators)[number];

/** As it is written in a policy or a silence. */
export interface MatcherDefinition {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

export interface LabelMatcher extends MatcherDefinition {
  /** How many steps matching takes per character at most. */
  readonly cost: number;
  /** Alertmanager's meaning: a missing label is an empty one; expressions must match the whole value. */
  matches(labels: Labels): boolean;
}

/** Expressions are RE2: matching takes time linear in value times program, and both are bounded here. */
export const matcherLimits = { count: 16, expressionLength: 256, programSize: 512 } as const;

export function readMatchers(reader: JsonReader, name: string): LabelMatcher[] {
  return reader
    .list(name, matcherLimits.count, (value, pointer) => readMatcher(value, pointer, reader.problems))
    .filter((matcher) => matcher !== undefined)
    .sort(compareMatchers);
}

export function matchesAll(matchers: readonly LabelMatcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labels));
}

/** As Prometheus writes them: `{severity="critical",site=~"a|b"}`. */
export function showMatchers(matchers: readonly MatcherDefinition[]): string {
  return `{${matchers.map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`).join(',')}}`;
}

function readMatcher(value: unknown, pointer: string, problems: Problems): LabelMatcher | undefined {
  const reader = JsonReader.of(value, pointer, problems, ['name', 'operator', 'value']);
  const before = problems.found.length;
  const name = reader.requiredText('name', { max: labelLimits.nameLength });
  const operator = reader.get('operator') as MatchOperator;
  const text = reader.requiredText('value', { min: 0, max: labelLimits.valueLength });
  if (name !== '') problems.expect(labelName.test(name), reader.at('name'), 'is not the name of a label');
  problems.expect(operators.includes(operator), reader.at('operator'), `must be one of ${operators.join(' ')}`);
  if (problems.found.length > before) return undefined;
  if (operator === '=' || operator === '!=') return equality(name, operator, text);
  const compiled = compileExpression(text);
  if ('problem' in compiled) {
    problems.add(reader.at('value'), compiled.problem);
    return undefined;
  }
  return expression(name, operator, text, compiled.expression);
}

function equality(name: string, operator: '=' | '!=', value: string): LabelMatcher {
  const wanted = operator === '=';
  return { name, operator, value, cost: 0, matches: (labels) => (labelOf(labels, name) === value) === wanted };
}

function expression(name: string, operator: '=~' | '!~', value: string, compiled: RE2JS): LabelMatcher {
  const wanted = operator === '=~';
  const matches = (labels: Labels): boolean => compiled.matches(labelOf(labels, name)) === wanted;
  return { name, operator, value, cost: compiled.programSize(), matches };
}

function compileExpression(source: string): { expression: RE2JS } | { problem: string } {
  if (source.length > matcherLimits.expressionLength)
    return { problem: `is an expression of more than ${matcherLimits.expressionLength} characters` };
  try {
    const compiled = RE2JS.compile(source);
    if (compiled.programSize() > matcherLimits.programSize)
      return { problem: 'is an expression that repeats too much' };
    return { expression: compiled };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'it cannot be read';
    return { problem: `is no expression of RE2: ${reason.slice(0, 200)}` };
  }
}

function compareMatchers(a: MatcherDefinition, b: MatcherDefinition): number {
  const order = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);
  return order(a.name, b.name) || order(a.value, b.value) || order(a.operator, b.operator);
}
