import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { limitForecast } from './limit-forecast.js';
import { modelKinds } from './model-kinds.js';
import type { Parameter } from './parameters.js';
import { peerGroup } from './peer-group.js';

const general = ['direction', 'resetAfterMs'];

test('the README states every parameter of every model with its bounds', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
  const rows = [...modelKinds, peerGroup, limitForecast].flatMap(({ type, parameters }) =>
    Object.entries<Parameter>(parameters)
      .filter(([name]) => !general.includes(name))
      .map(([name, parameter]) => rowOf(type, name, parameter)),
  );
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

function rowOf(type: string, name: string, parameter: Parameter): string {
  const { means } = parameter;
  if (parameter.kind === 'choice') {
    return `| \`${type}\` | \`${name}\` | ${parameter.choices.join(', ')} | ${parameter.default} | ${means} |`;
  }
  const standard = parameter.default ?? (parameter.kind === 'number' ? 'needed' : 'none');
  return `| \`${type}\` | \`${name}\` | ${parameter.from} to ${parameter.to} ${parameter.unit} | ${standard} | ${means} |`;
}
