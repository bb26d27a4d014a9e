import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { debianSources } from './debian-sources.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'machine-'));
  mkdirSync(join(root, 'etc/apt/sources.list.d'), { recursive: true });
  machine('os-release', 'ID=debian\nVERSION_CODENAME=trixie\n');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const machine = (path: string, text: string): void => writeFileSync(join(root, 'etc', path), text);

test('a paragraph of this Debian gets the other suite, and keeps its server and its key', async () => {
  machine(
    'apt/sources.list.d/debian.sources',
    `Types: deb deb-src
URIs: https://mirror.example/debian
Suites: trixie trixie-updates
Components: main contrib
Signed-By: /keys/debian.gpg

Types: deb
URIs: https://mirror.example/debian-security
Suites: trixie-security
Components: main
`,
  );
  expect((await debianSources('sid', root)).sources).toBe(
    `Types: deb
URIs: https://mirror.example/debian
Suites: sid
Components: main
Signed-By: /keys/debian.gpg
`,
  );
});

test('a line of this Debian gets the other suite, and keeps its options', async () => {
  machine(
    'apt/sources.list',
    `deb [arch=amd64 signed-by=/keys/debian.gpg] https://mirror.example/debian trixie main contrib
deb https://mirror.example/debian trixie-updates main
deb-src https://mirror.example/debian trixie main
# deb https://old.example/debian trixie main
`,
  );
  expect((await debianSources('sid', root)).list).toBe(
    'deb [arch=amd64 signed-by=/keys/debian.gpg] https://mirror.example/debian sid main\n',
  );
});

test("others' sources and those that are off are left out; where nothing is left, that is said", async () => {
  machine('apt/sources.list.d/others.list', 'deb https://tools.example/apt trixie main\n');
  machine('apt/sources.list.d/containers.list', 'deb https://tools.example/linux/debian trixie stable\n');
  machine(
    'apt/sources.list.d/debian.sources',
    'Enabled: no\nTypes: deb\nURIs: https://mirror.example/debian\nSuites: trixie\nComponents: main\n',
  );
  await expect(debianSources('sid', root)).rejects.toThrow(/^no source of Debian in .* that could have sid$/);
});
