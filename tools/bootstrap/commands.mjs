/**
 * Every command of the workspace, in one place: what `npm run <name> -- <arguments>` needs and does.
 *
 * A step is a list of words: the first is a script that the pinned Node runs, or `bash`. `ARGUMENTS` stands for what
 * the caller gave. A quiet step shows its output only when it fails.
 */
export const ARGUMENTS = Symbol('arguments');

const nx = (...words) => ['node_modules/nx/dist/bin/nx.js', ...words];
const prettier = ['node_modules/prettier/bin/prettier.cjs', '--log-level', 'warn'];

export const commands = {
  start: {
    summary: 'the whole system on this machine',
    needsKafka: true,
    steps: [
      { quiet: true, saying: 'building', words: nx('run-many', '-t', 'build', '--output-style=static') },
      { words: ['tools/main-job/dist/main.js', ARGUMENTS] },
    ],
  },
  chaos: {
    summary: 'the whole system under damage, and the proof: a scenario, or soak',
    needsKafka: true,
    steps: [
      { quiet: true, saying: 'building', words: nx('run-many', '-t', 'build', '--output-style=static') },
      { words: ['tools/chaos/dist/main.js', ARGUMENTS] },
    ],
  },
  stack: {
    summary: 'only Kafka, PostgreSQL and the development issuer: up, down, status',
    needsKafka: true,
    steps: [
      { quiet: true, saying: 'building', words: nx('run', '@myelin/local-stack:build') },
      { words: ['tools/local-stack/dist/main.js', ARGUMENTS] },
    ],
  },
  doctor: {
    summary: 'what is wrong with this machine, or with the deployment that the environment names, and what to do',
    steps: [
      { quiet: true, saying: 'building', words: nx('run', '@myelin/doctor:build') },
      { words: ['tools/doctor/dist/main.js', ARGUMENTS] },
    ],
  },
  jaeger: {
    summary: 'a real Jaeger, built once with Go: takes traces until Ctrl-C',
    steps: [
      { quiet: true, saying: 'building', words: nx('run', '@myelin/local-stack:build') },
      { words: ['tools/local-stack/dist/main.js', 'jaeger', ARGUMENTS] },
    ],
  },
  'verify:traces': {
    summary: 'every span and every edge of the traces of the whole system, asked of a real Jaeger',
    needsKafka: true,
    steps: [
      { quiet: true, saying: 'building', words: nx('run-many', '-t', 'build', '--output-style=static') },
      { words: ['tools/trace-verifier/dist/main.js', ARGUMENTS] },
    ],
  },
  'verify:containers': {
    summary:
      'the image of every service: built with podman, looked into, started on a real Kafka and a real PostgreSQL',
    needsKafka: true,
    steps: [
      { quiet: true, saying: 'building', words: nx('run', '@myelin/containers:build') },
      { words: ['tools/containers/dist/main.js', ARGUMENTS] },
    ],
  },
  bench: {
    summary: 'every figure that is claimed, measured beside its anchor; without a name it lists them',
    needsKafka: true,
    steps: [
      { quiet: true, saying: 'building', words: nx('run-many', '-t', 'build', '--output-style=static') },
      { words: ['tools/benchmarks/dist/main.js', ARGUMENTS] },
    ],
  },
  fuzz: {
    summary: 'the decoders of the edges fed with what nobody would send',
    steps: [
      { quiet: true, saying: 'building', words: nx('run', '@myelin/fuzzer:build') },
      { words: ['tools/fuzzer/dist/main.js', ARGUMENTS] },
    ],
  },
  test: {
    summary: 'all tests, or those of the projects given',
    needsKafka: true,
    steps: [{ words: ['tools/test-runner/run.mjs', ARGUMENTS] }],
  },
  build: { summary: 'compile every project', steps: [{ words: nx('run-many', '-t', 'build', ARGUMENTS) }] },
  lint: { summary: 'the linter', steps: [{ words: nx('run', 'myelin:lint', ARGUMENTS) }] },
  typecheck: { summary: 'the type check', steps: [{ words: nx('run', 'myelin:typecheck') }] },
  format: { summary: 'format everything in place', steps: [{ words: [...prettier, '--write', '.'] }] },
  'format:check': { summary: 'is everything formatted', steps: [{ words: nx('run', 'myelin:format') }] },
  generate: {
    summary: 'write what derives from the contracts, the objectives and the services: documents, rules, manifests',
    steps: [
      {
        quiet: true,
        saying: 'building',
        words: nx('run-many', '-t', 'build', '-p', '@myelin/contracts,@myelin/objectives,@myelin/kube-manifests'),
      },
      { words: ['libs/contracts/dist/documents/write.js', ARGUMENTS] },
      { words: ['tools/objectives/dist/write.js', ARGUMENTS] },
      { words: ['tools/kube-manifests/dist/write.js', ARGUMENTS] },
    ],
  },
  'pack:contracts': {
    summary: 'the packages that consumers outside of this repository need, into a folder',
    steps: [
      { quiet: true, saying: 'building', words: nx('run', '@myelin/contracts:build') },
      { words: ['tools/build/pack-contracts.mjs', ARGUMENTS] },
    ],
  },
  'test:mutants': {
    summary: 'breaks one promise after the other and demands that a suite notices; or only the mutants named',
    needsKafka: true,
    steps: [
      { quiet: true, saying: 'building', words: nx('run-many', '-t', 'build', '--output-style=static') },
      { words: ['tools/mutants/main.mjs', ARGUMENTS] },
    ],
  },
  ci: { summary: 'what the continuous integration runs', needsKafka: true, steps: [{ words: ['bash', '.ci/run'] }] },
};

/** The words of a step with the caller's arguments in place. */
export function wordsOf(step, given) {
  return step.words.flatMap((word) => (word === ARGUMENTS ? given : [word]));
}
