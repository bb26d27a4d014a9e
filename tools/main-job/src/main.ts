import { setTimeout as delay } from 'node:timers/promises';
import {
  Fleet,
  type FleetReport,
  fleetOptionsHelp,
  isProven,
  loadSeries,
  parseFleetOptions,
} from '@myelin/fleet-simulator';
import { describeError, uuidv7 } from '@myelin/kernel';
import { LiveLine } from './live-line.js';
import { startSystem, type System } from './system.js';
import { welcome } from './welcome.js';

const help = `Starts the whole of Myelin on this machine and a simulated fleet of devices.

  npm start -- [options]

  --keep <folder>      keep Kafka's and PostgreSQL's data there between runs (thrown away at the end)
  --free-ports         random free ports instead of the ones in the README
${fleetOptionsHelp}
`;

const ownOptions = {
  keep: { type: 'string' },
  'free-ports': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const options = parseFleetOptions(process.argv.slice(2), ownOptions);
  if (options.rest['help'] === true) {
    process.stdout.write(help);
    return 0;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
  const say = (line: string): void => void process.stderr.write(`${line}\n`);

  const keep = options.rest['keep'];
  const system = await startSystem({
    keepFolder: typeof keep === 'string' ? keep : undefined,
    freePorts: options.rest['free-ports'] === true,
    progress: (line) => say(`  ${line}`),
    env: process.env,
    onUnexpectedExit: (service, how) => say(`${service} ended unexpectedly (${how}); starting it again`),
  });
  try {
    const fleet = new Fleet({
      ...options,
      gatewayUrl: system.url('ingest-gateway'),
      registryUrl: system.url('device-registry'),
      telemetryUrl: system.url('telemetry'),
      token: () => system.stack.operatorToken(options.tenant),
      prefix: `sim-${uuidv7().slice(-6)}`,
      series: await loadSeries(options.dataFolder),
    });
    const report = await run(fleet, system, options, interrupted.signal, say);
    await fleet.close();
    return conclude(report, options.json);
  } finally {
    say('stopping');
    await system.stop();
  }
}

async function run(
  fleet: Fleet,
  system: System,
  options: ReturnType<typeof parseFleetOptions>,
  interrupted: AbortSignal,
  say: (line: string) => void,
): Promise<FleetReport | undefined> {
  say(`  registering ${options.devices} devices`);
  await fleet.register();
  say(await welcome(system, options.tenant, fleet.exampleDevice));
  fleet.start();
  const line = new LiveLine(fleet, system.stack.brokers);
  line.start();
  await delay(options.forMs ?? 2 ** 31 - 1, undefined, { signal: interrupted }).catch(() => undefined);
  await line.stop();
  if (options.forMs === undefined) return undefined;
  say('the fleet stops; reading everything back through the query API');
  const drained = await fleet.drain(60_000);
  if (!drained) say('some measurements were still unacknowledged after 60 s');
  return fleet.proof(30_000);
}

function conclude(report: FleetReport | undefined, json: boolean): number {
  if (report === undefined) return 0;
  const proven = isProven(report);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${proven ? 'PROVEN' : 'FAILED'} ${JSON.stringify(report, null, 2)}\n`);
  return proven ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`);
    process.exit(1);
  },
);
