import { setTimeout as delay } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { describeError, uuidv7 } from '@myelin/kernel';
import { fleetOptionsHelp, parseFleetOptions } from './fleet-options.js';
import { Fleet, filterPatienceMs } from './fleet.js';
import { isProven } from './fleet-report.js';
import { loadSeries } from './series.js';

const help = `Runs a fleet of devices against a running Myelin and proves that nothing was lost or doubled.

  node tools/fleet-simulator/dist/main.js [options]

  --gateway <url>      (http://127.0.0.1:7080)   --registry <url> (http://127.0.0.1:7081)   --telemetry <url> (http://127.0.0.1:7082)
  --alerting <url>     puts rules on the fleet, lets incidents happen to it, and holds the alarms against them (no)
  --firmware <url>     rolls a firmware out to the fleet, and holds what devices run against what the service believes (no)
  --token-file <file>  holds an operator token (roles admin and platform-admin), read again before every request
${fleetOptionsHelp}
`;

const places = {
  gateway: { type: 'string', default: 'http://127.0.0.1:7080' },
  registry: { type: 'string', default: 'http://127.0.0.1:7081' },
  telemetry: { type: 'string', default: 'http://127.0.0.1:7082' },
  alerting: { type: 'string' },
  firmware: { type: 'string' },
  'token-file': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const options = parseFleetOptions(process.argv.slice(2), places);
  const tokenFile = options.rest['token-file'];
  if (options.rest['help'] === true || typeof tokenFile !== 'string') {
    process.stdout.write(help);
    return options.rest['help'] === true ? 0 : 2;
  }
  const { alerting, firmware } = options.rest;
  const fleet = new Fleet({
    ...options,
    gatewayUrl: String(options.rest['gateway']),
    registryUrl: String(options.rest['registry']),
    telemetryUrl: String(options.rest['telemetry']),
    ...(typeof alerting === 'string' && { alertingUrl: alerting }),
    ...(typeof firmware === 'string' && { firmwareUrl: firmware }),
    token: async () => (await readFile(tokenFile, 'utf8')).trim(),
    prefix: `sim-${uuidv7().slice(-6)}`,
    series: await loadSeries(options.dataFolder),
  });
  await fleet.register();
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  fleet.start();
  await delay(options.forMs ?? 2 ** 31 - 1, undefined, { signal: interrupted.signal }).catch(() => undefined);
  await fleet.drain(60_000);
  await fleet.filtered(filterPatienceMs);
  const report = await fleet.proof(30_000);
  await fleet.close();
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return isProven(report) ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`);
    process.exit(1);
  },
);
