import { mutant } from '../mutant.mjs';

const alerting = (file, name) => ({ project: 'apps/alerting', file, name });
const repository = 'apps/alerting/src/persistence/peer-rounds.repository.ts';

export const peerMutants = [
  mutant({
    name: 'peer-among-its-peers',
    promise: 'a device is compared with the others, not with itself',
    file: 'libs/detectors/src/peer-round.ts',
    edits: [
      ['const count = ascending.length - 1;', 'const count = ascending.length;'],
      ['ascending[n < place ? n : n + 1]', 'ascending[n]'],
    ],
    suite: { project: 'libs/detectors', file: 'src/peer-round.spec.ts' },
  }),
  mutant({
    name: 'round-judged-too-soon',
    promise: 'a round is judged when all partitions have passed it',
    file: repository,
    edits: [['WHERE p.known >= p.partitions AND p.passed_until_ms', 'WHERE p.passed_until_ms']],
    suite: alerting('test/judge-peers.it.ts', 'once all partitions have passed them'),
  }),
  mutant({
    name: 'round-said-by-itself',
    promise: 'what a partition says of a round is stored with what else it has found, or not at all',
    file: 'apps/alerting/src/features/evaluate-rules/evaluate-rules.handler.ts',
    edits: [
      [
        'await contributeRounds(tx, partition, passed);',
        'await contributeRounds(this.dataSource.manager, partition, passed);',
      ],
    ],
    suite: alerting('test/judge-peers.it.ts', 'or not at all'),
  }),
  mutant({
    name: 'round-said-again',
    promise: 'what is found again after a restart is not said of a round again that is judged',
    file: repository,
    edits: [['AND p.passed_until_ms >= r."endMs")', 'AND false)']],
    suite: alerting('test/judge-peers.it.ts', 'not judged again'),
  }),
];
