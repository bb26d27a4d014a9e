import { readFileSync } from 'node:fs';
import type { ServiceProcess } from '@myelin/main-job';
import type { Bench, Lab } from '../harness/bench.js';
import { cpuTimeUs } from '../harness/cpu-time.js';
import type { Program } from '../harness/program.js';
import type { Figure } from '../harness/report.js';
import type { Contestant, Summary } from '../harness/rounds.js';
import { pidOf } from '../harness/servers.js';
import { pairedRatio } from '../harness/statistics.js';
import { publishFleet } from '../polling-fleet.js';
import { openPollingStand, type PollingStand, untilKnown, untilStored } from '../polling-stand.js';
import type { PollOutcome, PollPace, PollRun } from '../programs/poll-load.js';

const service = 'firmware-rollout';
const pageBytes = 4_096;
const intervalSeconds = 300;

/** Devices that ask whether there is an update: what an answer costs, and whether a fleet of a million fits. */
export const ddiPollBench: Bench = {
  name: 'ddi-poll',
  summary: 'idle polls, 200 and 304, against node:http that only answers; a fleet that asks every 5 minutes',
  rounds: 7,
  options: {
    devices: { type: 'string', default: '1000000' },
    requests: { type: 'string', default: '40000' },
    connections: { type: 'string', default: '128' },
    /** Of the fleet's minute. */
    seconds: { type: 'string', default: '60' },
  },
  async run(lab) {
    const [devices, requests, connections, seconds] = ['devices', 'requests', 'connections', 'seconds'].map((option) =>
      Number(lab.options[option]),
    ) as [number, number, number, number];
    const stand = await openPollingStand(lab);
    const { running, figures } = await startWithFleet(lab, stand, devices);
    const load = await lab.start({ name: 'poll-load', module: new URL('../programs/poll-load.js', import.meta.url) });
    const size = { requests, connections, devices };
    const ratios = await answersBesideAnchor(lab, load, running, size);
    const fleet: Figure[] = [];
    for (const fresh of [false, true])
      fleet.push(...(await fleetMinute(lab, load, running, { devices, seconds, fresh })));
    return [...figures, ...ratios, ...fleet];
  },
};

/** The service takes the fleet over, and is started anew: what it has in memory then is what it reads at a start. */
async function startWithFleet(
  lab: Lab,
  stand: PollingStand,
  devices: number,
): Promise<{ readonly running: ServiceProcess; readonly figures: readonly Figure[] }> {
  const { brokers, database } = stand;
  const first = await stand.start();
  const emptyBytes = residentBytes(first);
  await publishFleet({ brokers, clientId: 'benchmarks' }, devices, (published) => {
    if (published % 100_000 === 0) lab.say(`${published} devices are published`);
  });
  await untilStored(database, devices);
  await first.stop(15_000);
  const startedAt = performance.now();
  const running = await stand.start();
  await untilKnown(running, devices);
  const knownMs = performance.now() - startedAt;
  const bytes = residentBytes(running);
  lab.say(`${devices} devices are known after ${(knownMs / 1_000).toFixed(1)} s`);
  const figures = [
    { id: 'ddi-poll.restart', value: knownMs, unit: 'ms' },
    { id: 'ddi-poll.memory-empty', value: emptyBytes / 2 ** 20, unit: 'MB' },
    { id: 'ddi-poll.memory', value: bytes / 2 ** 20, unit: 'MB' },
    { id: 'ddi-poll.memory-per-device', value: (bytes - emptyBytes) / devices, unit: 'bytes' },
  ];
  return { running, figures };
}

async function answersBesideAnchor(
  lab: Lab,
  load: Program,
  running: ServiceProcess,
  size: Pick<PollRun, 'requests' | 'connections' | 'devices'>,
): Promise<Figure[]> {
  const anchor = await lab.start({ name: 'poll-http', module: new URL('../anchors/poll-http.js', import.meta.url) });
  const ports = { anchor: await anchor.ask<number>('port'), ours: Number(new URL(running.url).port) };
  // No device asks so often that it would be told to wait.
  const devices = Math.min(size.devices, 20_000);
  const contestant = (name: string, of: 'anchor' | 'ours', conditional: boolean): Contestant => ({
    ...{ name, anchor: of === 'anchor' },
    processes: () => ({ server: of === 'anchor' ? anchor.pid : pidOf(service, running.pid), load: load.pid }),
    // Whoever asks conditionally has the answer to compare with, of this server.
    prepare: async () => {
      if (conditional) await load.ask('run', { ...size, port: ports[of], devices, requests: devices, conditional });
    },
    run: async () => {
      const asked: PollRun = { ...size, port: ports[of], devices, conditional };
      const { answers, wallMs } = await load.ask<PollOutcome>('run', asked);
      const messages = answers[conditional ? '304' : '200'] ?? 0;
      return { messages, lost: size.requests - messages, wallMs };
    },
  });
  const found = await lab.interleave([
    contestant('node-http-200', 'anchor', false),
    contestant('poll-200', 'ours', false),
    contestant('node-http-304', 'anchor', true),
    contestant('poll-304', 'ours', true),
  ]);
  const [anchor200, ours200, anchor304, ours304] = found as [Summary, Summary, Summary, Summary];
  const ratio = (theirs: Summary, ours: Summary): number => pairedRatio(theirs.cpuUs('server'), ours.cpuUs('server'));
  return [
    { id: 'ddi-poll.200', value: ratio(anchor200, ours200), unit: 'ratio' },
    { id: 'ddi-poll.304', value: ratio(anchor304, ours304), unit: 'ratio' },
  ];
}

/** A device in 300 asks each second. */
async function fleetMinute(
  lab: Lab,
  load: Program,
  running: ServiceProcess,
  { devices, seconds, fresh }: { readonly devices: number; readonly seconds: number; readonly fresh: boolean },
): Promise<Figure[]> {
  const perSecond = Math.round(devices / intervalSeconds);
  const pid = pidOf(service, running.pid);
  const before = cpuTimeUs(pid);
  const port = Number(new URL(running.url).port);
  const pace: PollPace = { port, devices, connections: 256, conditional: false, perSecond, seconds, fresh };
  const { answers, wallMs, ...waited } = await load.ask<PollOutcome>('pace', pace);
  const corePercent = (cpuTimeUs(pid) - before) / wallMs / 10;
  lab.lose(perSecond * seconds - (answers['200'] ?? 0));
  lab.say(`${perSecond} polls/s, ${fresh ? 'a connection each' : 'connections kept'}: ${JSON.stringify(answers)}`);
  const id = (name: string): string => `ddi-poll.${fresh ? 'connecting' : 'fleet'}.${name}`;
  return [
    { id: id('rate'), value: ((answers['200'] ?? 0) * 1_000) / wallMs, unit: 'polls/s' },
    { id: id('corePercent'), value: corePercent, unit: '%' },
    { id: id('p50'), value: waited.p50Ms, unit: 'ms' },
    { id: id('p99'), value: waited.p99Ms, unit: 'ms' },
    { id: id('max'), value: waited.maxMs, unit: 'ms' },
    { id: id('memory'), value: residentBytes(running) / 2 ** 20, unit: 'MB' },
  ];
}

function residentBytes({ pid }: ServiceProcess): number {
  const [, pages] = readFileSync(`/proc/${pidOf(service, pid)}/statm`, 'utf8').split(' ');
  return Number(pages) * pageBytes;
}
