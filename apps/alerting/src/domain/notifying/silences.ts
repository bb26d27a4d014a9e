import { type LabelMatcher, type MatcherDefinition, matchesAll, readMatchers } from './label-matchers.js';
import { type Labels, labelOf } from './labels.js';
import { type Checked, Problems, checked } from '../definitions/problems.js';
import { parseInstant } from '../definitions/instant.js';
import { JsonReader } from '../definitions/read-json.js';

/** Mutes the alerts that all of its matchers match, from `startsAtMs` until before `endsAtMs`. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly LabelMatcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

export type SilenceState = (typeof silenceStates)[number];

export const silenceLimits = {
  /** That are not over. */
  perTenant: 1_000,
  commentLength: 1_000,
  longestMs: 366 * 86_400_000,
  /** Of the expressions of all that are not over, in steps per character of a label's value. */
  expressionCost: 16_384,
} as const;

export const silenceStates = ['pending', 'active', 'expired'] as const;

type Period = Pick<Silence, 'startsAtMs' | 'endsAtMs'>;

export function stateOf({ startsAtMs, endsAtMs }: Period, nowMs: number): SilenceState {
  if (nowMs >= endsAtMs) return 'expired';
  return nowMs < startsAtMs ? 'pending' : 'active';
}

/** Ends it now; one that has not begun never begins. What was over stays as it is. */
export function expire<T extends Period>(silence: T, nowMs: number): T {
  switch (stateOf(silence, nowMs)) {
    case 'expired':
      return silence;
    case 'active':
      return { ...silence, endsAtMs: nowMs };
    case 'pending':
      return { ...silence, startsAtMs: nowMs, endsAtMs: nowMs };
  }
}

/** A silence as it is stored: what its matchers were written as. */
export interface StoredSilence extends Omit<Silence, 'matchers'> {
  readonly matchers: readonly MatcherDefinition[];
}

/** The inverse of storing it. Undefined: this version cannot read its matchers. */
export function silenceFromStore({ matchers, ...rest }: StoredSilence): Silence | undefined {
  const problems = new Problems();
  const compiled = readMatchers(JsonReader.of({ matchers }, '', problems, ['matchers']), 'matchers');
  return problems.found.length === 0 ? { ...rest, matchers: compiled } : undefined;
}

/** How long matching takes, in steps per character of a label's value. */
export function costOf({ matchers }: Pick<Silence, 'matchers'>): number {
  return matchers.reduce((sum, { cost }) => sum + cost, 0);
}

/** Reads `{matchers, startsAt, endsAt, comment}` that anybody may have written. */
export function readSilence(value: unknown, id: string, createdBy: string, nowMs: number): Checked<Silence> {
  const problems = new Problems();
  const reader = JsonReader.of(value, '', problems, ['matchers', 'startsAt', 'endsAt', 'comment']);
  const matchers = readMatchers(reader, 'matchers');
  const comment = reader.requiredText('comment', { max: silenceLimits.commentLength });
  const startsAtMs = instant(reader, 'startsAt') ?? nowMs;
  problems.expect(reader.has('endsAt'), reader.at('endsAt'), 'is required');
  const endsAtMs = instant(reader, 'endsAt') ?? Number.POSITIVE_INFINITY;
  if (reader.has('endsAt')) {
    problems.expect(
      endsAtMs > Math.max(startsAtMs, nowMs),
      reader.at('endsAt'),
      'must be in the future, after startsAt',
    );
    const short = endsAtMs - startsAtMs <= silenceLimits.longestMs;
    problems.expect(short || !Number.isFinite(endsAtMs), reader.at('endsAt'), 'is more than 366 days after startsAt');
  }
  // As in Alertmanager: one that also takes alerts with none of the labels would take every alert.
  const narrow = matchers.some((matcher) => !matcher.matches({}));
  if (problems.found.length === 0)
    problems.expect(narrow, reader.at('matchers'), 'must have one that an empty label does not match');
  return checked({ id, matchers, startsAtMs, endsAtMs, createdBy, comment }, problems);
}

function instant(reader: JsonReader, name: string): number | undefined {
  const text = reader.text(name, { max: 40 });
  if (text === undefined) return undefined;
  const parsed = parseInstant(text);
  reader.problems.expect(parsed !== undefined, reader.at(name), 'must be an instant as 2026-11-26T08:00:00Z');
  return parsed;
}

/**
 * All silences of a tenant, found by one of their labels: an alert is compared only with silences that name one of its
 * values, and with the few that have no such matcher.
 */
export class Silences {
  private readonly byId = new Map<string, Silence>();
  private readonly byLabel = new Map<string, Set<Silence>>();

  constructor(silences: Iterable<Silence> = []) {
    for (const silence of silences) this.put(silence);
  }

  get size(): number {
    return this.byId.size;
  }

  /** From now on these are all of them. */
  replaceAll(silences: Iterable<Silence>): void {
    this.byId.clear();
    this.byLabel.clear();
    for (const silence of silences) this.put(silence);
  }

  put(silence: Silence): void {
    this.remove(silence.id);
    this.byId.set(silence.id, silence);
    const place = placeOf(silence);
    const there = this.byLabel.get(place);
    if (there === undefined) this.byLabel.set(place, new Set([silence]));
    else there.add(silence);
  }

  remove(id: string): void {
    const silence = this.byId.get(id);
    if (silence === undefined) return;
    this.byId.delete(id);
    const place = placeOf(silence);
    const there = this.byLabel.get(place);
    there?.delete(silence);
    if (there?.size === 0) this.byLabel.delete(place);
  }

  /** The ids of those that mute an alert with these labels now, sorted. */
  muting(labels: Labels, nowMs: number): string[] {
    const places = [anywhere, ...Object.keys(labels).map((name) => placeAt(name, labelOf(labels, name)))];
    return places
      .flatMap((place) => [...(this.byLabel.get(place) ?? [])])
      .filter((silence) => stateOf(silence, nowMs) === 'active' && matchesAll(silence.matchers, labels))
      .map(({ id }) => id)
      .sort();
  }
}

const anywhere = '';

function placeOf({ matchers }: Silence): string {
  const exact = matchers.find(({ operator, value }) => operator === '=' && value !== '');
  return exact === undefined ? anywhere : placeAt(exact.name, exact.value);
}

function placeAt(name: string, value: string): string {
  return `${name}\0${value}`;
}
