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
  [7_180, 'ingest-gateway (admin)'],
  [7_181, 'device-registry (admin)'],
  [7_182, 'telemetry (admin)'],
  [7_183, 'alerting (admin)'],
  [7_184, 'firmware-rollout (admin)'],
  [usualJaegerPorts.otlpHttp, 'Jaeger (OTLP)'],
  [usualJaegerPorts.query, 'Jaeger (queries)'],
];

/** Which of the usual ports are taken, and by whom. Taken ones may well be taken by Myelin itself. */
export const ports: Check = () => Promise.resolve(look());

function look(): Finding[] {
  const taken = listeners(wanted.map(([port]) => port));
  if (taken === undefined) return [info('machine.ports', 'this system does not say who listens where')];
  const found = wanted.flatMap(([port, what]) => {
    const listener = taken.find((one) => one.port === port);
    return listener === undefined ? [] : [{ listener, text: `${port} (${what}) by ${holderOf(listener)}` }];
  });
  if (found.length === 0) return [ok('machine.ports', 'the ports that npm start takes are free')];
  const pids = [...new Set(found.flatMap(({ listener }) => listener.pid ?? []))];
  const end = pids.length === 0 ? '' : `kill ${pids.join(' ')}, or `;
  const remedy = `if that is not Myelin itself: ${end}npm start -- --free-ports`;
  return [info('machine.ports', `taken: ${found.map(({ text }) => text).join(', ')}`, remedy)];
}

function holderOf({ program, pid }: Listener): string {
  return pid === undefined ? 'somebody else' : `${program ?? 'unknown'}, process ${pid}`;
}
