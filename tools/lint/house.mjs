/**
 * The one table of the house: the rooms, and who may import whom. The lint rules, and the specs that hold the
 * packages' declared dependencies and tags to it, read nothing else.
 *
 * `imports` is what the room's sources may import, `testsImport` what its tests may import beside that.
 */
export const rooms = {
  kernel: lib([]),
  contracts: lib(['kernel']),
  encodings: lib(['kernel', 'contracts']),
  detectors: lib(['kernel']),
  config: lib(['kernel']),
  observability: lib(['kernel', 'config']),
  messaging: lib(['kernel', 'contracts', 'observability']),
  persistence: lib(['kernel', 'config', 'observability']),
  outbox: lib(['kernel', 'contracts', 'observability', 'messaging', 'persistence']),
  'device-identity': lib(['kernel', 'contracts', 'observability', 'messaging']),
  'service-kit': lib(['kernel', 'contracts', 'config', 'observability']),
  testing: {
    ...lib(['kernel', 'contracts', 'config', 'observability', 'messaging', 'persistence', 'local-stack']),
    type: 'testing',
  },
  'messaging-integration': {
    type: 'suite',
    path: 'libs/messaging/integration',
    imports: ['kernel', 'contracts', 'observability', 'messaging', 'testing', 'local-stack'],
    testsImport: [],
  },
  alerting: app([
    ...['kernel', 'contracts', 'detectors', 'config', 'observability'],
    ...['messaging', 'persistence', 'outbox', 'service-kit'],
  ]),
  'device-registry': app([
    ...['kernel', 'contracts', 'config', 'observability'],
    ...['messaging', 'persistence', 'outbox', 'service-kit'],
  ]),
  'firmware-rollout': app([
    ...['kernel', 'contracts', 'config', 'observability'],
    ...['encodings', 'messaging', 'persistence', 'outbox', 'device-identity', 'service-kit'],
  ]),
  'ingest-gateway': app([
    ...['kernel', 'contracts', 'config', 'observability'],
    ...['encodings', 'messaging', 'device-identity', 'service-kit'],
  ]),
  telemetry: app([
    ...['kernel', 'contracts', 'config', 'observability'],
    ...['messaging', 'persistence', 'outbox', 'service-kit'],
  ]),
  'local-stack': tool(['kernel', 'config']),
  doctor: tool(['kernel', 'contracts', 'config', 'messaging', 'local-stack'], ['testing', 'persistence']),
  'fleet-simulator': tool(['kernel', 'contracts', 'config', 'observability'], ['encodings', 'testing']),
  fuzzer: tool(['kernel', 'contracts', 'encodings']),
  chaos: tool(
    [...['kernel', 'contracts', 'observability', 'messaging'], ...['local-stack', 'fleet-simulator', 'main-job']],
    ['testing'],
  ),
  'main-job': tool(
    [
      ...['kernel', 'contracts', 'config', 'observability', 'messaging', 'persistence'],
      ...['local-stack', 'fleet-simulator'],
    ],
    ['testing', 'objectives'],
  ),
  benchmarks: tool([
    ...['kernel', 'contracts', 'detectors', 'config', 'observability', 'messaging', 'persistence'],
    ...['local-stack', 'fleet-simulator', 'main-job'],
  ]),
  objectives: tool(['kernel', 'local-stack', 'observability']),
  'kube-manifests': tool(['config', 'contracts', 'observability']),
  'trace-verifier': tool(['kernel', 'local-stack', 'main-job', 'observability'], ['testing']),
  containers: tool(['kernel', 'contracts', 'messaging', 'persistence', 'local-stack', 'main-job']),
  'consumer-sample': {
    ...tool(['contracts'], ['kernel', 'observability', 'messaging', 'testing', 'local-stack']),
    path: 'docs/guides/consumer-sample',
  },
  lint: tool([]),
  mutants: tool([], ['testing']),
  bootstrap: tool([]),
  'test-runner': tool(['testing']),
};
for (const [name, room] of Object.entries(rooms)) {
  room.path ??= `${{ app: 'apps', tool: 'tools' }[room.type] ?? 'libs'}/${name}`;
}

/** Lower layers first. A lib imports only rooms of lower layers; `observability` reads its settings through `config`. */
export const layers = [
  ['kernel'],
  ['contracts', 'detectors'],
  ['config', 'encodings'],
  ['observability'],
  ['messaging', 'persistence'],
  ['outbox', 'device-identity'],
  ['service-kit'],
];

/** Third-party packages that only some places may import. Places are path prefixes from the root. */
export const ownedPackages = [
  {
    packages: ['kafkajs', '@platformatic/kafka'],
    places: ['libs/messaging', 'tools/benchmarks/src/anchors', 'docs/guides/consumer-sample'],
    reason: 'only libs/messaging knows a Kafka client',
  },
  {
    packages: ['typeorm', 'pg', 'pg-copy-streams', '@nestjs/typeorm'],
    places: ['libs/persistence', 'libs/outbox', 'libs/testing', 'apps', 'tools'],
    reason: 'only persistence, outbox and services talk to a database',
  },
];

/** What domain/ may import beside the kernel and itself: pure computation, without input, output or a clock. */
export const domainPackages = ['re2js', '@myelin/detectors'];

/** Entry points beside the package itself. */
export const deepEntryPoints = ['@myelin/observability/register', '@myelin/messaging/streams'];

/** Sources that may read `process.env`, beside tests and tools. `*` stands for one path segment. */
export const environmentReaders = [
  'apps/*/src/config.ts',
  'libs/messaging/src/config.ts',
  'libs/observability/src/register.ts',
  'libs/testing/**',
];

/** Names that say nothing about what a file is for. */
export const emptyNames = ['util', 'utils', 'helper', 'helpers', 'common', 'misc'];

function lib(imports, testsImport = []) {
  return { type: 'lib', imports, testsImport };
}
function app(imports) {
  return { type: 'app', imports, testsImport: ['testing'] };
}
function tool(imports, testsImport = []) {
  return { type: 'tool', imports, testsImport };
}
