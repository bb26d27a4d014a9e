import { setTimeout as delay } from 'node:timers/promises';
import {
  Fleet,
  filterPatienceMs,
  type FleetOptions,
  type FleetReport,
  fleetOptionsHelp,
  isProven,
  loadSeries,
  parseFleetOptions,
} from '@myelin/fleet-simulator';
import { CodedError, describeError, uuidv7 } from '@myelin/kernel';
import { abortOnSignals } from './interruption.js';
import { LiveLine } from './live-line.js';
import { type Scenario, scenarioOf, untilPaused } from './scenario.js';
import { startSystem, type System } from './system.js';
import { startTraces, type Traces } from './traces.js';
import { welcome } from './welcome.js';

const help = `Starts the whole of Myelin on this machine and a simulated fleet of devices, with rules on it and things that happen to it.

  npm start -- [options]

  --scenario <name>    rollout: a firmware in three waves, started by itself; failing-firmware: one that does not start, which the
                       rollout has to notice in its first wave, whereupon the run ends by itself (--for is its patience, 2m);
                       none: without a rollout (rollout)
  --keep <folder>      keep data and logs there between runs (thrown away at the end)
  --free-ports         random free ports instead of the ones in the README
${fleetOptionsHelp}

KAFKA_BROKERS, DATABASE_URL (a superuser) and OIDC_ISSUER (with OPERATOR_TOKEN) name running servers to use instead of
own ones; OTEL_EXPORTER_OTLP_ENDPOINT names a collector for the traces in place of Jaeger; GATEWAY_PORT, REGISTRY_PORT,
TELEMETRY_PORT, ALERTING_PORT and FIRMWARE_PORT move the services, GATEWAY_ADMIN_PORT and so on where they have their metrics.
LOG_LEVEL=debug makes the logs talkative.
`;

const ownOptions = {
  scenario: { type: 'string', default: 'rollout' },
  keep: { type: 'string' },
  'free-ports': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** One gateway on the machine of the database is not slow to write what it received: filters need not wait five minutes. */
const soonFiltered = { ROLLUP_GRACE: '5s', ROLLUP_INTERVAL: '2s' };
const shownLegacyShare = 0.02;
const pausePatienceMs = 120_000;

async function main(): Promise<number> {
  const options = parseFleetOptions(process.argv.slice(2), ownOptions);
  if (options.rest['help'] === true) {
    process.stdout.write(help);
    return 0;
  }
  const scenario = scenarioOf(options.rest['scenario']);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const interrupted = abortOnSignals(say);
  const series = await loadSeries(options.dataFolder);

  const keep = options.rest['keep'];
  const place = {
    freePorts: options.rest['free-ports'] === true,
    progress: (line: string) => say(`  ${line}`),
    env: process.env,
  };
  const traces = await startTraces(place);
  const system = await startSystem({
    ...place,
    keepFolder: typeof keep === 'string' ? keep : undefined,
    sharedEnv: traces?.env ?? {},
    onUnexpectedExit: (service, how) => say(`${service} ended unexpectedly (${how}); starting it again`),
    signal: interrupted,
    serviceEnv: options.filteredShare > 0 ? { telemetry: soonFiltered } : {},
  }).catch(async (error: unknown) => {
    await traces?.stop();
    throw error;
  });
  try {
    const fleet = new Fleet({
      ...options,
      // Nobody knows when the rollout will have paused.
      forMs: scenario === 'failing-firmware' ? undefined : options.forMs,
      ...(scenario !== 'none' && { firmwareUrl: system.url('firmware-rollout'), rolloutScenario: scenario }),
      ...legacyOf(options, traces),
      gatewayUrl: system.url('ingest-gateway'),
      registryUrl: system.url('device-registry'),
      telemetryUrl: system.url('telemetry'),
      alertingUrl: system.url('alerting'),
      token: () => system.stack.operatorToken(options.tenant),
      prefix: `sim-${uuidv7().slice(-6)}`,
      series,
    });
    const { report, failure } = await run(fleet, system, { ...options, scenario, traces }, interrupted, say);
    await fleet.close();
    if (failure !== undefined) say(failure);
    return conclude(report, options.json, failure === undefined);
  } finally {
    if (!interrupted.aborted) say('stopping');
    await system.stop();
    await traces?.stop();
  }
}

/** Where there is a Jaeger, a few devices show how those are traced that know nothing of OpenTelemetry. */
function legacyOf(
  { legacyShare, legacyCollector }: Pick<FleetOptions, 'legacyShare' | 'legacyCollector'>,
  traces: Traces | undefined,
): Pick<FleetOptions, 'legacyShare' | 'legacyCollector'> {
  const shown = traces?.thriftUrl === undefined ? 0 : shownLegacyShare;
  return { legacyShare: legacyShare ?? shown, legacyCollector: legacyCollector ?? traces?.thriftUrl };
}

async function run(
  fleet: Fleet,
  system: System,
  options: ReturnType<typeof parseFleetOptions> & { readonly scenario: Scenario; readonly traces: Traces | undefined },
  interrupted: AbortSignal,
  say: (line: string) => void,
): Promise<{ readonly report?: FleetReport; readonly failure?: string | undefined }> {
  say(`  registering ${options.devices} devices`);
  await fleet.register();
  say(await welcome(system, fleet, options.traces));
  fleet.start();
  const line = new LiveLine(fleet, system.stack.brokers);
  line.start();
  const isEndless = options.forMs === undefined && options.scenario !== 'failing-firmware';
  const failure = await ending(fleet, options, interrupted);
  await line.stop();
  if (isEndless) return {};
  say('the fleet stops');
  const drained = await fleet.drain(60_000);
  if (!drained) say('some measurements were still unacknowledged after 60 s');
  if (options.filteredShare > 0) say('waiting until filters have decided what is redundant');
  if (!(await fleet.filtered(filterPatienceMs))) say('filters have not discarded anything');
  say('reading everything back through the query API');
  return { report: await fleet.proof(30_000), failure };
}

/** Waits until the run is to end. @returns what went wrong */
async function ending(
  fleet: Fleet,
  { scenario, forMs }: { readonly scenario: Scenario; readonly forMs: number | undefined },
  interrupted: AbortSignal,
): Promise<string | undefined> {
  if (scenario === 'failing-firmware') return untilPaused(fleet, forMs ?? pausePatienceMs, interrupted);
  await delay(forMs ?? 2 ** 31 - 1, undefined, { signal: interrupted }).catch(() => undefined);
  return undefined;
}

function conclude(report: FleetReport | undefined, json: boolean, hasEnded: boolean): number {
  if (report === undefined) return 0;
  const proven = hasEnded && isProven(report);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${proven ? 'PROVEN' : 'FAILED'} ${JSON.stringify(report, null, 2)}\n`);
  return proven ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${complaint(error)}\n`);
    process.exit(exitCodeOf(error));
  },
);

/** What is wrong, in the words of the first error; its causes only where they may say more. */
function complaint(error: unknown): string {
  if (!(error instanceof CodedError)) return describeError(error);
  if (error.code === 'simulator.options-invalid') return `${error.message}\nnpm start -- --help lists the options`;
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${describeError(error.cause)}`;
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof CodedError)) return 1;
  if (error.code === 'main-job.interrupted') return 130;
  return error.code === 'simulator.options-invalid' ? 2 : 1;
}
