import { expect, test } from '@jest/globals';
import { checkProcess } from './process-facts.js';

const capabilities = ['CapEff', 'CapPrm', 'CapBnd'].map((name) => `${name}:\t0000000000000000\n`).join('');
const status = `Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nNSpid:\t77\t1\n${capabilities}NoNewPrivs:\t1\n`;
const good = { status, mountinfo: '1 2 0:1 / / ro,relatime - overlay', commandLine: ['node', 'dist/main.js'] };
const failures = (facts: typeof good): string[] =>
  checkProcess(facts).flatMap(([name, problem]) => (problem === undefined ? [] : [name]));

test('a process that may do nothing passes', () => expect(failures(good)).toEqual([]));

test.each([
  ['its process is not root', { status: status.replace('Gid:\t1', 'Gid:\t0') }],
  ['process 1 is node', { status: status.replace('\t77\t1', '\t77\t2') }],
  ['process 1 is node', { commandLine: ['sh', '-c', 'node dist/main.js'] }],
  ['it has no capability', { status: status.replace('CapBnd:\t00', 'CapBnd:\t08') }],
  ['it can gain no privilege', { status: status.replace('Privs:\t1', 'Privs:\t0') }],
  ['its root is read-only', { mountinfo: '1 2 0:1 / / rw,relatime - overlay' }],
])('%s is a check that can fail', (name, changed) => expect(failures({ ...good, ...changed })).toEqual([name]));
