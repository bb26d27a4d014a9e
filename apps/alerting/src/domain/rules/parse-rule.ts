import { deviceIdPattern } from '@myelin/kernel';
import { Problems, checked, type Checked } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';
import { readTimeIntervals, readTimeZone } from '../definitions/time-intervals.js';
import {
  isAboutQuality,
  isAboutSilence,
  leavesOf,
  leavesWithPlaces,
  oneOf,
  parseCondition,
} from './parse-condition.js';
import { checkPeers } from './peers.js';
import { readPresentation } from './read-presentation.js';
import { readStormBrake } from './storm-brake.js';
import {
  type Clearing,
  type Condition,
  type KOfN,
  orderOperators,
  type Rule,
  type Schedule,
  type Scope,
  severities,
} from './rule.js';

export const scopeLimits = { devices: 1_000, profiles: 100, sites: 1_000, labels: 16, valuesPerLabel: 64 } as const;
/** A week. */
const maxForMs = 604_800_000;
/** What a device's buffer holds is bounded as well, to 256 readings. */
export const maxLatenessMs = 3_600_000;
const maxReadings = 50;
/** As compact JSON. Every process that evaluates holds all rules of all tenants. */
export const maxDefinitionBytes = 65_536;

const deviceId = new RegExp(deviceIdPattern);
/** Names of rules, profiles and sites. */
export const slug = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const labelKey = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;

/** What a rule's author says; its id and version are the service's. */
export type RuleDefinition = Omit<Rule, 'id' | 'version'>;

const members = [
  ...['name', 'enabled', 'scope', 'when', 'forMs', 'kOfN', 'clear', 'schedule', 'latenessMs', 'severity'],
  ...['storm', 'labels', 'annotations'],
];

/** A rule, or everything that is wrong with it, each with its place (RFC 6901). */
export function parseRule(body: unknown): Checked<RuleDefinition> {
  const problems = new Problems();
  const reader = JsonReader.of(body, '', problems, members);
  problems.expect(reader.has('when'), '/when', 'is required');
  problems.expect(reader.has('severity'), '/severity', 'is required');
  const forMs = reader.integer('forMs', { min: 0, max: maxForMs });
  const latenessMs = reader.integer('latenessMs', { min: 0, max: maxLatenessMs });
  const kOfN = reader.has('kOfN') ? readKOfN(reader, problems) : undefined;
  const when = reader.has('when') ? parseCondition(reader.get('when'), '/when', problems) : { all: [] };
  const clear = reader.has('clear') ? readClearing(reader, problems) : undefined;
  checkHysteresis(when, clear, problems);
  if (isAboutSilence(when)) {
    // Silence has its own length, and says something only when it begins and when it ends.
    for (const name of ['forMs', 'kOfN'])
      problems.expect(!reader.has(name), reader.at(name), 'does not go with the operator absent');
  }
  checkSources(when, clear?.when, problems);
  checkPeers({ when, clear, latenessMs }, problems);
  const definition: RuleDefinition = {
    ...readPresentation(reader, problems),
    scope: reader.has('scope') ? readScope(reader, problems) : {},
    when,
    severity: oneOf(reader, 'severity', severities, problems) ?? 'info',
    ...(forMs === undefined ? {} : { forMs }),
    ...(latenessMs === undefined ? {} : { latenessMs }),
    ...(kOfN === undefined ? {} : { kOfN }),
    ...(clear === undefined ? {} : { clear }),
    ...(reader.has('schedule') ? { schedule: readSchedule(reader, problems) } : {}),
    ...(reader.has('storm') ? { storm: readStormBrake(reader, problems) } : {}),
  };
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  problems.expect(bytes <= maxDefinitionBytes, '', `takes ${bytes} bytes as JSON; ${maxDefinitionBytes} at most`);
  return checked(definition, problems);
}

function checkHysteresis(when: Condition, clear: Clearing | undefined, problems: Problems): void {
  if (clear?.hysteresis === undefined) return;
  const hasOrder = leavesOf(when).some(({ op }) => orderOperators.some((order) => order === op));
  problems.expect(hasOrder, '/clear/hysteresis', `needs a comparison with ${orderOperators.join(', ')} in when`);
}

/** What is said of hours and what devices say come apart, and in no order that stays the same. */
function checkSources(when: Condition, clearWhen: Condition | undefined, problems: Problems): void {
  const clearing = clearWhen === undefined ? [] : leavesWithPlaces(clearWhen, '/clear/when');
  const [first, ...others] = [...leavesWithPlaces(when, '/when'), ...clearing];
  if (first === undefined) return;
  const other = others.find(({ leaf }) => isAboutQuality(leaf) !== isAboutQuality(first.leaf));
  const problem = `does not go together with ${first.pointer}: one is about data quality, the other is not`;
  if (other !== undefined) problems.add(other.pointer, problem);
}

function readSchedule(rule: JsonReader, problems: Problems): Schedule {
  const reader = JsonReader.of(rule.get('schedule'), rule.at('schedule'), problems, ['timeZone', 'intervals']);
  const timeZone = readTimeZone(reader, 'timeZone');
  problems.expect(reader.has('intervals'), reader.at('intervals'), 'is required');
  const intervals = readTimeIntervals(reader, 'intervals', timeZone ?? 'UTC');
  const isEmpty = intervals.length === 0 && Array.isArray(reader.get('intervals'));
  problems.expect(!isEmpty, reader.at('intervals'), 'must have an item');
  return {
    ...(timeZone === undefined ? {} : { timeZone }),
    intervals: (reader.get('intervals') ?? []) as Schedule['intervals'],
  };
}

function readKOfN(rule: JsonReader, problems: Problems): KOfN {
  const reader = JsonReader.of(rule.get('kOfN'), rule.at('kOfN'), problems, ['k', 'n']);
  for (const name of ['k', 'n']) problems.expect(reader.has(name), reader.at(name), 'is required');
  const n = reader.integer('n', { min: 1, max: maxReadings }) ?? maxReadings;
  const k = reader.integer('k', { min: 1, max: maxReadings }) ?? 1;
  problems.expect(k <= n, reader.at('k'), 'must not be greater than n');
  return { k, n };
}

function readClearing(rule: JsonReader, problems: Problems): Clearing {
  const reader = JsonReader.of(rule.get('clear'), rule.at('clear'), problems, ['when', 'hysteresis', 'forMs']);
  const when = reader.has('when') ? parseCondition(reader.get('when'), reader.at('when'), problems) : undefined;
  const hysteresis = reader.get('hysteresis');
  const fits = hysteresis === undefined || (typeof hysteresis === 'number' && hysteresis > 0 && hysteresis <= 1e100);
  problems.expect(fits, reader.at('hysteresis'), 'must be a number above 0');
  const isAlone = when === undefined || hysteresis === undefined;
  problems.expect(isAlone, reader.at('hysteresis'), 'does not go with a condition of its own for clearing');
  const forMs = reader.integer('forMs', { min: 0, max: maxForMs });
  return {
    ...(when === undefined ? {} : { when }),
    ...(typeof hysteresis === 'number' ? { hysteresis } : {}),
    ...(forMs === undefined ? {} : { forMs }),
  };
}

function readScope(rule: JsonReader, problems: Problems): Scope {
  const reader = JsonReader.of(rule.get('scope'), rule.at('scope'), problems, [
    'devices',
    'profiles',
    'sites',
    'labels',
  ]);
  const names = (name: 'devices' | 'profiles' | 'sites', pattern: RegExp): string[] | undefined => {
    if (!reader.has(name)) return undefined;
    const found = reader.texts(name, scopeLimits[name], 128);
    problems.expect(found.length > 0 || !Array.isArray(reader.get(name)), reader.at(name), 'must have an item');
    found.forEach((one, i) => {
      if (one !== '') problems.expect(pattern.test(one), `${reader.at(name)}/${i}`, `must match ${pattern.source}`);
    });
    return found;
  };
  const devices = names('devices', deviceId);
  const profiles = names('profiles', slug);
  const sites = names('sites', slug);
  const labels = reader.has('labels') ? readLabels(reader, problems) : undefined;
  return {
    ...(devices === undefined ? {} : { devices }),
    ...(profiles === undefined ? {} : { profiles }),
    ...(sites === undefined ? {} : { sites }),
    ...(labels === undefined ? {} : { labels }),
  };
}

function readLabels(scope: JsonReader, problems: Problems): Record<string, readonly string[]> {
  const given = scope.get('labels');
  const keys = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  const reader = JsonReader.of(given, scope.at('labels'), problems, keys);
  problems.expect(keys.length <= scopeLimits.labels, reader.pointer, `may have ${scopeLimits.labels} labels at most`);
  return Object.fromEntries(
    keys.slice(0, scopeLimits.labels).map((key) => {
      problems.expect(labelKey.test(key), reader.at(key), `is named by what does not match ${labelKey.source}`);
      return [key, reader.texts(key, scopeLimits.valuesPerLabel, 128)];
    }),
  );
}
