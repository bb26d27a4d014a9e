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
export const matcherLimits = { count: 16, expressionLength: 256, programSize: 512, wideClasses: 4 } as const;

/** What the expressions of one definition may cost together. Once it is spent none is compiled any more: that takes time too. */
export class ExpressionBudget {
  private spent = 0;

  constructor(private readonly max: number) {}

  get isOverdrawn(): boolean {
    return this.spent > this.max;
  }

  spend(cost: number): void {
    this.spent += cost;
  }
}

/** @param budget of these expressions and others */
export function readMatchers(
  reader: JsonReader,
  name: string,
  budget = new ExpressionBudget(Infinity),
): LabelMatcher[] {
  return reader
    .list(name, matcherLimits.count, (value, pointer) => readMatcher(value, pointer, reader.problems, budget))
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

function readMatcher(
  value: unknown,
  pointer: string,
  problems: Problems,
  budget: ExpressionBudget,
): LabelMatcher | undefined {
  const reader = JsonReader.of(value, pointer, problems, ['name', 'operator', 'value']);
  const before = problems.found.length;
  const name = reader.requiredText('name', { max: labelLimits.nameLength });
  const operator = reader.get('operator') as MatchOperator;
  const text = reader.requiredText('value', { min: 0, max: labelLimits.valueLength });
  if (name !== '') problems.expect(labelName.test(name), reader.at('name'), 'is not the name of a label');
  problems.expect(operators.includes(operator), reader.at('operator'), `must be one of ${operators.join(' ')}`);
  if (problems.found.length > before) return undefined;
  if (operator === '=' || operator === '!=') return equality(name, operator, text);
  if (budget.isOverdrawn) return undefined;
  const compiled = compileExpression(text);
  budget.spend(compiled.cost);
  if ('problem' in compiled) {
    problems.add(reader.at('value'), compiled.problem);
    return undefined;
  }
  return expression({ name, operator, value: text }, compiled);
}

function equality(name: string, operator: '=' | '!=', value: string): LabelMatcher {
  const wanted = operator === '=';
  return { name, operator, value, cost: 0, matches: (labels) => (labelOf(labels, name) === value) === wanted };
}

type Compiled = { readonly cost: number } & ({ readonly expression: RE2JS } | { readonly problem: string });

function expression(
  definition: MatcherDefinition,
  { cost, expression: compiled }: Extract<Compiled, { expression: RE2JS }>,
): LabelMatcher {
  const { name, operator } = definition;
  const wanted = operator === '=~';
  return { ...definition, cost, matches: (labels) => compiled.matches(labelOf(labels, name)) === wanted };
}

/** `\pL`, or a range that ends beyond ASCII: where case is ignored, each takes milliseconds to compile, whatever its program. */
const wideClass = /\\p|-(?:\\|[^\0-\x7f])/gi;
const costOfWideClass = 128;
/** Of what cannot be read: as little as most that can. */
const costOfFault = 64;

function compileExpression(source: string): Compiled {
  const { expressionLength, programSize, wideClasses } = matcherLimits;
  if (source.length > expressionLength)
    return { cost: 0, problem: `is an expression of more than ${expressionLength} characters` };
  const wide = source.match(wideClass)?.length ?? 0;
  if (wide > wideClasses)
    return { cost: 0, problem: `is an expression of more than ${wideClasses} classes or ranges of Unicode characters` };
  try {
    const compiled = RE2JS.compile(source);
    const cost = compiled.programSize() + wide * costOfWideClass;
    if (compiled.programSize() > programSize) return { cost, problem: 'is an expression that repeats too much' };
    return { cost, expression: compiled };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'it cannot be read';
    return { cost: costOfFault, problem: `is no expression of RE2: ${reason.slice(0, 200)}` };
  }
}

function compareMatchers(a: MatcherDefinition, b: MatcherDefinition): number {
  const order = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);
  return order(a.name, b.name) || order(a.value, b.value) || order(a.operator, b.operator);
}
