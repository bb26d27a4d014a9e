/**
 * `npm run test:mutants [-- <name> ...]`: breaks one promise after the other in a scratch copy of the workspace and demands that
 * the named suite turns red. Every suite has to be green without a mutant first. Starts Kafka and PostgreSQL unless
 * KAFKA_BROKERS and DATABASE_URL name servers. Last line: `N killed, N survived`.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mutants as all } from './catalogue.mjs';
import { runSuite } from './run-suite.mjs';
import { ScratchCopy } from './scratch-copy.mjs';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const wanted = process.argv.slice(2);
if (wanted.some((word) => word === '--help' || word === '-h')) {
  const width = Math.max(...all.map(({ name }) => name.length));
  console.log(`Breaks one promise after the other and demands that a suite notices.

  npm run test:mutants -- [<name> ...]     all without a name

The last line is \`N killed, N survived\`; the exit code is 1 when one survived.

mutants:
${all.map(({ name, promise }) => `  ${name.padEnd(width)}  ${promise}`).join('\n')}`);
  process.exit(0);
}
const unknown = wanted.filter((name) => !all.some((mutant) => mutant.name === name));
if (unknown.length > 0) {
  console.error(`There is no mutant ${unknown.join(', ')}. \`npm run test:mutants -- --help\` lists them.`);
  process.exit(2);
}
const mutants = wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name));

const { startTestStack } = await import(pathToFileURL(join(workspace, 'libs/testing/dist/index.js')).href);
const stack = await startTestStack({ log: console.log });
const copy = new ScratchCopy(workspace);
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (stopping = true));
try {
  process.exitCode = await tryAll();
} finally {
  copy.remove();
  await stack.stop();
}

async function tryAll() {
  const baseline = new Map();
  const rows = [];
  for (const mutant of mutants) {
    if (stopping) return 130;
    const key = JSON.stringify(mutant.suite);
    if (!baseline.has(key)) baseline.set(key, await runSuite(copy.folder, mutant.suite, stack.env));
    const row = { mutant, ...(await fate(mutant, baseline.get(key))) };
    rows.push(row);
    console.log(`${row.killed ? 'killed  ' : 'SURVIVED'}  ${mutant.name}  (${row.seconds} s)  ${row.why}`);
  }
  console.log(`\n${table(rows)}\n`);
  const killed = rows.filter((row) => row.killed).length;
  console.log(`${killed} killed, ${rows.length - killed} survived`);
  return killed === rows.length ? 0 : 1;
}

/** A mutant that cannot be judged counts as a survivor. */
async function fate(mutant, before) {
  const began = Date.now();
  const since = () => Math.round((Date.now() - began) / 1_000);
  if (before.outcome !== 'green')
    return { killed: false, why: `the suite is not green without it: ${before.why}`, seconds: 0 };
  try {
    copy.apply(mutant);
    const { outcome, why } = await runSuite(copy.folder, mutant.suite, stack.env);
    return { killed: outcome === 'red', why, seconds: since() };
  } catch (error) {
    return { killed: false, why: error.message, seconds: since() };
  } finally {
    copy.restore(mutant);
  }
}

function table(rows) {
  const lines = rows.map(({ mutant: { name, promise, suite }, killed, why }) =>
    [name, promise, `${suite.project}/${suite.file}`, killed ? why : `SURVIVED: ${why}`].map((cell) =>
      cell.replaceAll('|', '/'),
    ),
  );
  return [['mutant', 'promise', 'suite', 'noticed by'], ['---', '---', '---', '---'], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
