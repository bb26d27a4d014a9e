import { Problems } from '../../domain/definitions/problems.js';
import { JsonReader } from '../../domain/definitions/read-json.js';
import { readTimeZone } from '../../domain/definitions/time-intervals.js';
import type { Metadata } from '../../domain/evaluation/limits-from-metadata.js';
import { isAboutQuality, leavesOf } from '../../domain/rules/parse-condition.js';
import { parseRule } from '../../domain/rules/parse-rule.js';
import { isAboutPeers } from '../../domain/rules/peers.js';
import { limitSources } from '../../domain/rules/rule.js';
import { refused } from '../../http/refused.js';
import type { DryRun } from './dry-run.js';
import { readReadings } from './read-readings.js';

/** @throws Problem 400 validation-failed with all faults */
export function readDryRun(body: unknown): DryRun {
  const problems = new Problems();
  const reader = JsonReader.of(body, '', problems, ['definition', 'readings', 'metadata', 'timeZone']);
  problems.expect(reader.has('definition'), '/definition', 'is required');
  const parsed = reader.has('definition') ? parseRule(reader.get('definition')) : undefined;
  if (parsed?.ok === false)
    for (const { pointer, problem } of parsed.problems) problems.add(`/definition${pointer}`, problem);
  const isOfHours = parsed?.ok === true && leavesOf(parsed.value.when).some(isAboutQuality);
  const readings = readReadings(reader, isOfHours);
  const isOfPeers = parsed?.ok === true && isAboutPeers(parsed.value.when);
  const isPossible = !isOfPeers || readings.length === 0;
  problems.expect(isPossible, '/readings', 'are of one device, which the rule compares with others');
  const metadata = reader.has('metadata') ? readMetadata(reader, problems) : {};
  const timeZone = readTimeZone(reader, 'timeZone') ?? 'UTC';
  if (parsed?.ok !== true || problems.found.length > 0) throw refused(problems.found);
  return { definition: parsed.value, readings, metadata, timeZone };
}

function readMetadata(body: JsonReader, problems: Problems): Metadata {
  const reader = JsonReader.of(body.get('metadata'), body.at('metadata'), problems, limitSources);
  return Object.fromEntries(limitSources.map((source) => [source, reader.get(source)]));
}
