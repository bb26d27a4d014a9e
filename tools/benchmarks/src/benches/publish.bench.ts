import { measurementReportedV1 } from '@myelin/contracts';
import type { Bench } from '../harness/bench.js';
import type { Program } from '../harness/program.js';
import type { Contestant, Summary } from '../harness/rounds.js';
import { median, pairedRatio } from '../harness/statistics.js';
import type { PacedOutcome } from '../programs/publish-ours.js';
import { openTopicStand, type TopicStand, writtenOf } from '../topic-stand.js';

const pacedPerSecond = 20_000;

/** T7, T8: the publisher with each engine, beside the `send` of the clients that it could stand on. */
export const publishBench: Bench = {
  name: 'publish',
  summary: `records to ${measurementReportedV1.topic.name}, 500 per request, against kafkajs send`,
  goals: ['T7', 'T8'],
  rounds: 5,
  options: {
    records: { type: 'string', default: '200000' },
    'per-request': { type: 'string', default: '500' },
  },
  async run(lab) {
    const records = Number(lab.options['records']);
    const perRequest = Number(lab.options['per-request']);
    const stand = await openTopicStand(lab);
    const { brokers } = stand;
    const program = async (name: string, module: string, engine?: string): Promise<Program> => {
      const started = await lab.start({ name, module: new URL(module, import.meta.url) });
      await started.ask('connect', { brokers, engine });
      return started;
    };
    const [kafkajs, platformatic, ownEncoder, onKafkajs] = [
      await program('kafkajs', '../anchors/publish-kafkajs.js'),
      await program('platformatic', '../anchors/publish-platformatic.js'),
      await program('own', '../programs/publish-ours.js', 'platformatic'),
      await program('own-on-kafkajs', '../programs/publish-ours.js', 'kafkajs'),
    ];
    const sending = (name: string, client: Program, anchor: boolean): Contestant =>
      contestant(stand, { name, client, anchor }, (boot) => client.ask('run', { records, perRequest, boot }));
    const perProduce: number[] = [];
    const found = await lab.interleave([
      sending('kafkajs-send', kafkajs, true),
      sending('platformatic-send', platformatic, true),
      sending('publisher', ownEncoder, false),
      sending('publisher-on-kafkajs', onKafkajs, false),
      contestant(stand, { name: 'publisher-paced', client: ownEncoder, anchor: false }, async (boot, round) => {
        const work = { records: pacedPerSecond * 3, perRequest, boot, perSecond: pacedPerSecond };
        const { acknowledged, requests } = await ownEncoder.ask<PacedOutcome>('paced', work);
        if (round >= 0) perProduce.push(acknowledged / requests);
        return acknowledged;
      }),
    ]);
    const [anchor, other, ours, second] = found as [Summary, Summary, Summary, Summary];
    const against = (summary: Summary): number => pairedRatio(anchor.cpuUs('client'), summary.cpuUs('client'));
    return [
      { id: 'T7', value: against(ours), unit: 'ratio' },
      { id: 'T8', value: median(perProduce), unit: 'records' },
      { id: 'publish.platformatic-send.ratio', value: against(other), unit: 'ratio' },
      { id: 'publish.publisher-on-kafkajs.ratio', value: against(second), unit: 'ratio' },
    ];
  },
};

function contestant(
  { kafkaPid, written }: TopicStand,
  { name, client, anchor }: { readonly name: string; readonly client: Program; readonly anchor: boolean },
  send: (boot: string, round: number) => Promise<number>,
): Contestant {
  let before = 0;
  return {
    ...{ name, anchor },
    processes: () => ({ client: client.pid, kafka: kafkaPid }),
    prepare: async () => void (before = await written()),
    run: async (round) => ({ messages: await send(`${name}${round}`, round) }),
    verify: async ({ messages, ...outcome }) => writtenOf(messages, (await written()) - before, outcome),
  };
}
