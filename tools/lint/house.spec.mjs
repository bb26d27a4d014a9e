import { describe, expect, test } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layers, rooms } from './house.mjs';

const workspace = fileURLToPath(new URL('../../', import.meta.url));
const manifests = globSync(
  ['apps/*', 'libs/*', 'libs/*/*', 'tools/*', 'docs/guides/*'].map((folder) => `${folder}/package.json`),
  { cwd: workspace },
).map((file) => ({ path: dirname(file), ...JSON.parse(readFileSync(`${workspace}/${file}`, 'utf8')) }));

const scope = '@myelin/';
const roomsIn = (dependencies = {}) =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith(scope))
    .map((name) => name.slice(scope.length))
    .sort();

describe('the table of the house', () => {
  test('has every package of the workspace, at its place, and nothing else', () => {
    const found = manifests.map(({ name, path }) => [name.slice(scope.length), path]).sort();
    expect(found).toEqual(
      Object.entries(rooms)
        .map(([name, { path }]) => [name, path])
        .sort(),
    );
  });

  test.each(Object.entries(rooms))('%s declares exactly the dependencies of the table, and its tags', (name, room) => {
    const manifest = manifests.find(({ path }) => path === room.path);
    expect(roomsIn(manifest.dependencies)).toEqual([...room.imports].sort());
    expect(roomsIn(manifest.devDependencies)).toEqual([...room.testsImport].sort());
    expect(manifest.nx.tags).toEqual([`type:${room.type}`, `room:${name}`]);
  });

  test.each(Object.entries(rooms).filter(([, { type }]) => type === 'lib'))(
    '%s imports only lower layers',
    (name, room) => {
      const height = (room_) => layers.findIndex((layer) => layer.includes(room_));
      for (const imported of room.imports) {
        expect([imported, height(imported) >= 0 && height(imported) < height(name)]).toEqual([imported, true]);
      }
    },
  );

  test('nothing imports an app, only tools, suites and testing import tools, only tests and what runs them import testing', () => {
    for (const [name, room] of Object.entries(rooms)) {
      const types = room.imports.map((imported) => rooms[imported].type);
      expect([name, types.includes('app')]).toEqual([name, false]);
      if (!['tool', 'suite', 'testing'].includes(room.type))
        expect([name, types.includes('tool')]).toEqual([name, false]);
      if (room.type !== 'suite' && name !== 'test-runner')
        expect([name, types.includes('testing')]).toEqual([name, false]);
    }
  });
});
