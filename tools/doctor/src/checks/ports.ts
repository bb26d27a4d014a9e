import { defaultPorts, usualJaegerPorts } from '@myelin/local-stack';
import type { Check } from '../examine.js';
import { type Finding, info, ok } from '../finding.js';
import { type Listener, listeners } from '../machine/listeners.js';

/** What `npm start` and `npm run jaeger` listen on, all of 127.0.0.1. */
const wanted: readonly (readonly [port: number, what: string])[] = [
  [defaultPorts.kafka, 'Kafka'],
  [defaultPorts.postgres, 'PostgreSQL'],
  [defaultPorts.issuer, 'the development issuer'],
  [7_080, 'ingest-gateway'],
  [7_081, 'device-registry'],
  [7_082, 'telemetry'],
  [7_083, 'alerting'],
  [7_084, 'firmware-rollout'],
  [usualJaegerPorts.otlpHttp, 'Jaeger (OTLP)'],
  [usualJaegerPorts.query, 'Jaeger (queries)'],
];

/** Which of the usual ports are taken, and by whom. Taken ones may well be taken by Myelin itself. */
export const ports: Check = async () => {
  const taken = await listeners();
  if (taken === undefined) return [info('machine.ports', 'this system does not say who listens where')];
  const found = wanted.flatMap(([port, what]) => {
    const listener = taken.find((one) => one.port === port);
    return listener === undefined ? [] : [takenFinding(port, what, listener)];
  });
  return found.length > 0 ? found : [ok('machine.ports', 'the ports that npm start takes are free')];
};

function takenFinding(port: number, what: string, { program, pid }: Listener): Finding {
  const holder = pid === undefined ? 'a process of somebody else' : `process ${pid} (${program ?? 'unknown'})`;
  const remedy =
    pid === undefined
      ? 'npm start -- --free-ports'
      : `if it is not Myelin's: kill ${pid}, or npm start -- --free-ports`;
  return info('machine.ports', `port ${port}, for ${what}, is taken by ${holder}`, remedy);
}
