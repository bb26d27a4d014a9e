import type { TSchema } from '@sinclair/typebox';
import type { ConsumerDeclaration, EventDeclaration } from './define-event.js';
import type { Fault } from './faults.js';
import { keyForms, keyPatterns } from './record-key.js';
import type { Validation } from './validator.js';

const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** @throws TypeError naming the rule that the declaration breaks */
export function checkDeclaration(type: string, declaration: EventDeclaration<TSchema>): void {
  for (const broken of brokenRules(declaration)) throw new TypeError(`${type}: ${broken}`);
}

/** @throws TypeError when the schema refuses the event's own example */
export function checkExample(type: string, outcome: Validation<unknown>): void {
  if (!outcome.ok)
    throw new TypeError(`${type}: its example breaks its own schema: ${describeFault(outcome.faults[0])}`);
}

function* brokenRules(declaration: EventDeclaration<TSchema>): Generator<string> {
  const { name, area, version, key, exampleKey, headers = {} } = declaration;
  if (!kebab.test(name) || !kebab.test(area)) yield 'name and area are kebab-case';
  if (!Number.isInteger(version) || version < 1) yield 'the version is a whole number from 1';
  if (!new RegExp(keyPatterns[key]).test(exampleKey)) yield `its example key ${exampleKey} is not ${keyForms[key]}`;
  const foreign = Object.keys(headers).find((header) => !header.startsWith('myelin-'));
  if (foreign !== undefined) yield `the header ${foreign} does not begin with myelin-`;
  yield* brokenGroups(declaration.consumers);
  yield* brokenDeprecation(declaration);
}

function* brokenDeprecation({ area, name, version, deprecated }: EventDeclaration<TSchema>): Generator<string> {
  if (deprecated === undefined) return;
  const { successor, endsOn } = deprecated;
  const later = /^io\.myelin\.(.+)\.v(\d+)$/.exec(successor);
  if (later?.[1] !== `${area}.${name}` || Number(later[2]) <= version) yield 'its successor is no later version of it';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(endsOn) || Number.isNaN(Date.parse(endsOn))) yield `${endsOn} is no day`;
}

function* brokenGroups(consumers: readonly ConsumerDeclaration[]): Generator<string> {
  const groups = consumers.filter((consumer) => consumer.kind === 'group');
  for (const { group, service } of groups) {
    const feature = group.slice(service.length + 1);
    if (group !== `${service}.${feature}` || !kebab.test(feature))
      yield `the group ${group} is not ${service}.<feature>`;
  }
  if (new Set(groups.map(({ group }) => group)).size < groups.length) yield 'a group consumes it twice';
}

function describeFault(fault: Fault | undefined): string {
  return fault ? `${fault.pointer} ${fault.message}` : 'without a fault';
}
