import { ExpressionBudget, readMatchers, showMatchers } from './label-matchers.js';
import { labelLimits, labelName } from './labels.js';
import { type InhibitRule, type Policy, type Route, policyLimits } from './policy.js';
import { type Checked, Problems, checked } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';
import { type Receiver, readReceiver } from './receivers.js';
import { type TimeInterval, readTimeIntervals } from '../definitions/time-intervals.js';

/** What a route has when nobody above it says otherwise: Alertmanager's defaults. */
const defaults = { groupBy: [], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 };

type Inherited = Pick<Route, 'receiver' | 'groupBy' | 'groupWaitMs' | 'groupIntervalMs' | 'repeatIntervalMs'>;

/** What keeps a receiver from being used that is well-formed by itself: the member that asks for too much, and why. */
export type Unusable = (receiver: Receiver) => { readonly member: string; readonly problem: string } | undefined;

/** Reads a policy that anybody may have written. All that is wrong with it is told at once. */
export function readPolicy(value: unknown, unusable: Unusable = () => undefined): Checked<Policy> {
  const problems = new Problems();
  const budget = new ExpressionBudget(policyLimits.expressionCost);
  const reader = JsonReader.of(value, '', problems, ['route', 'receivers', 'inhibitRules', 'timeIntervals']);
  const receivers = named(readReceivers(reader, unusable), ({ name }) => name, reader.at('receivers'), problems);
  const intervals = readNamedIntervals(reader);
  const inhibitRules = reader.list('inhibitRules', policyLimits.inhibitRules, (each, at) =>
    readInhibitRule(each, at, problems, budget),
  );
  const routes = new RouteReader(receivers, intervals, problems, budget);
  problems.expect(reader.has('route'), reader.at('route'), 'is required');
  const route = routes.root(reader.get('route') ?? {}, reader.at('route'));
  problems.expect(!budget.isOverdrawn, '', 'has expressions that together would take too long');
  return checked({ route, receivers, inhibitRules, timeIntervals: intervals }, problems);
}

class RouteReader {
  private count = 0;

  constructor(
    private readonly receivers: ReadonlyMap<string, Receiver>,
    private readonly intervals: ReadonlyMap<string, readonly TimeInterval[]>,
    private readonly problems: Problems,
    private readonly budget: ExpressionBudget,
  ) {}

  root(value: unknown, pointer: string): Route {
    const reader = this.reader(value, pointer);
    const { problems } = this;
    problems.expect(reader.has('receiver'), reader.at('receiver'), 'is required');
    for (const name of ['matchers', 'continue', 'muteTimeIntervals', 'activeTimeIntervals'])
      problems.expect(!reader.has(name), reader.at(name), 'may not stand at the root: it takes what no other does');
    return this.route(reader, { ...defaults, receiver: '' }, '', 1);
  }

  private reader(value: unknown, pointer: string): JsonReader {
    return JsonReader.of(value, pointer, this.problems, [
      ...['receiver', 'groupBy', 'groupWaitMs', 'groupIntervalMs', 'repeatIntervalMs', 'matchers'],
      ...['continue', 'muteTimeIntervals', 'activeTimeIntervals', 'routes'],
    ]);
  }

  private route(reader: JsonReader, above: Inherited, keyAbove: string, depth: number): Route {
    const matchers = readMatchers(reader, 'matchers', this.budget);
    const own = this.inherited(reader, above);
    const key = `${keyAbove}${showMatchers(matchers)}`;
    return {
      ...{ key, matchers, ...own, continue: reader.boolean('continue') ?? false },
      muteTimeIntervals: this.intervalNames(reader, 'muteTimeIntervals'),
      activeTimeIntervals: this.intervalNames(reader, 'activeTimeIntervals'),
      routes: this.children(reader, own, `${key}/`, depth),
    };
  }

  private children(reader: JsonReader, above: Inherited, key: string, depth: number): Route[] {
    if (depth >= policyLimits.depth && reader.has('routes')) {
      this.problems.add(reader.at('routes'), `would be more than ${policyLimits.depth} levels deep`);
      return [];
    }
    return reader.list('routes', policyLimits.routes, (value, pointer) => {
      this.count += 1;
      if (this.count === policyLimits.routes + 1)
        this.problems.add(pointer, `is more than the ${policyLimits.routes} routes that a policy may have`);
      return this.route(this.reader(value, pointer), above, key, depth + 1);
    });
  }

  private inherited(reader: JsonReader, above: Inherited): Inherited {
    const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = policyLimits;
    return {
      receiver: this.receiver(reader) ?? above.receiver,
      groupBy: reader.has('groupBy') ? this.groupBy(reader) : above.groupBy,
      groupWaitMs: reader.integer('groupWaitMs', groupWaitMs) ?? above.groupWaitMs,
      groupIntervalMs: reader.integer('groupIntervalMs', groupIntervalMs) ?? above.groupIntervalMs,
      repeatIntervalMs: reader.integer('repeatIntervalMs', repeatIntervalMs) ?? above.repeatIntervalMs,
    };
  }

  private receiver(reader: JsonReader): string | undefined {
    const name = reader.text('receiver', { max: 64 });
    if (name !== undefined)
      this.problems.expect(this.receivers.has(name), reader.at('receiver'), 'is none of the receivers');
    return name;
  }

  private groupBy(reader: JsonReader): readonly string[] | 'all' {
    const names = readLabelNames(reader, 'groupBy', policyLimits.groupBy, ['...']);
    if (!names.includes('...')) return names;
    this.problems.expect(names.length === 1, reader.at('groupBy'), 'may have nothing beside ...');
    return 'all';
  }

  private intervalNames(reader: JsonReader, member: string): string[] {
    const names = reader.texts(member, policyLimits.intervalsPerRoute, 64);
    for (const [index, name] of names.entries())
      if (name !== '')
        this.problems.expect(this.intervals.has(name), `${reader.at(member)}/${index}`, 'is none of the timeIntervals');
    return names;
  }
}

function readReceivers(reader: JsonReader, unusable: Unusable): (Receiver | undefined)[] {
  const { problems } = reader;
  return reader.list('receivers', policyLimits.receivers, (value, pointer) => {
    const before = problems.found.length;
    const receiver = readReceiver(value, pointer, problems);
    // Of what is malformed nobody can say whether it is there.
    const missing = receiver === undefined || problems.found.length > before ? undefined : unusable(receiver);
    if (missing !== undefined) problems.add(`${pointer}/${missing.member}`, missing.problem);
    return receiver;
  });
}

function readNamedIntervals(reader: JsonReader): Map<string, readonly TimeInterval[]> {
  const { problems } = reader;
  const read = reader.list('timeIntervals', policyLimits.timeIntervals, (value, pointer) => {
    const each = JsonReader.of(value, pointer, problems, ['name', 'intervals']);
    return { name: each.requiredText('name', { max: 64 }), intervals: readTimeIntervals(each, 'intervals') };
  });
  const unique = named(read, ({ name }) => name, reader.at('timeIntervals'), problems);
  return new Map([...unique].map(([name, { intervals }]) => [name, intervals]));
}

function readInhibitRule(value: unknown, pointer: string, problems: Problems, budget: ExpressionBudget): InhibitRule {
  const reader = JsonReader.of(value, pointer, problems, ['sourceMatchers', 'targetMatchers', 'equal']);
  const sides = (['sourceMatchers', 'targetMatchers'] as const).map((side) => {
    const matchers = readMatchers(reader, side, budget);
    // Without matchers a side would be everything: a slip that mutes a whole fleet.
    const given = reader.get(side);
    problems.expect(Array.isArray(given) && given.length > 0, reader.at(side), 'must have a matcher');
    return matchers;
  });
  const [sourceMatchers = [], targetMatchers = []] = sides;
  return { sourceMatchers, targetMatchers, equal: readLabelNames(reader, 'equal', policyLimits.equal) };
}

function readLabelNames(reader: JsonReader, member: string, max: number, beside: readonly string[] = []): string[] {
  const names = reader.texts(member, max, labelLimits.nameLength);
  for (const [index, name] of names.entries()) {
    const pointer = `${reader.at(member)}/${index}`;
    const known = name === '' || labelName.test(name) || beside.includes(name);
    if (reader.problems.expect(known, pointer, 'is not the name of a label'))
      reader.problems.expect(names.indexOf(name) === index, pointer, 'stands there twice');
  }
  return names;
}

function named<T>(
  items: readonly (T | undefined)[],
  nameOf: (item: T) => string,
  pointer: string,
  problems: Problems,
): Map<string, T> {
  const found = new Map<string, T>();
  for (const [index, item] of items.entries()) {
    if (item === undefined) continue;
    const name = nameOf(item);
    if (name !== '') problems.expect(!found.has(name), `${pointer}/${index}/name`, 'stands there twice');
    found.set(name, item);
  }
  return found;
}
