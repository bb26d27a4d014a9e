import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../harness/bench.js';
import type { Figure } from '../harness/report.js';
import { type NabContestant, nabContestants, scoresOf } from '../nab/contestants.js';
import { type LabelledSeries, readCorpus } from '../nab/corpus.js';
import { bestScore, profiles, type ScoredSeries, scoreAt } from '../nab/nab-score.js';

const shippedCorpus = fileURLToPath(new URL('../../data/nab', import.meta.url));
const ours = 'combined';

/** Standard profile on all 58 series (of which the shipped ones are 31), as the benchmark's authors list them. */
const published: Readonly<Record<string, number>> = {
  ...{ ARTime: 74.9, 'Numenta HTM': 70.1, 'CAD OSE': 69.9, 'earthgecko Skyline': 58.2, 'KNN CAD': 58.0 },
  ...{
    'relative entropy': 54.6,
    'random cut forest': 51.7,
    'Twitter ADVec': 47.1,
    'windowed Gaussian': 39.6,
    random: 11,
  },
};

/** How good the models of `libs/detectors` are at finding what people have labelled, one configuration for all series. */
export const nabBench: Bench = {
  name: 'nab',
  summary: 'the detectors over labelled series, scored as the Numenta Anomaly Benchmark does',
  rounds: 1,
  options: { data: { type: 'string', default: shippedCorpus } },
  async run(lab) {
    const { series: corpus, absent } = await readCorpus(String(lab.options['data']));
    if (absent.length > 0) lab.say(`${absent.length} labelled series are not there: ${absent.join(', ')}`);
    const rows = corpus.reduce((sum, { values }) => sum + values.length, 0);
    const windows = corpus.reduce((sum, series) => sum + series.windows.length, 0);
    lab.say(`${corpus.length} series, ${rows} readings, ${windows} labelled windows`);
    const figures = nabContestants.flatMap((contestant) => figuresOf(contestant, corpus));
    for (const line of tableOf(figures)) lab.say(line);
    return figures;
  },
};

function figuresOf(contestant: NabContestant, corpus: readonly LabelledSeries[]): Figure[] {
  const before = process.cpuUsage();
  const scored = corpus.map((series) => ({ series, scores: scoresOf(contestant, series) }));
  const { user, system } = process.cpuUsage(before);
  const rows = corpus.reduce((sum, { values }) => sum + values.length, 0);
  const prefix = contestant.name === ours ? 'nab' : `nab.${contestant.name}`;
  return [
    ...Object.entries(profiles).map(([profile, costs]) => ({
      id: `${prefix}.${profile}`,
      value: bestScore(scored, costs).score,
      unit: 'points',
    })),
    { id: `${prefix}.otherThreshold`, value: withThresholdOfOthers(scored), unit: 'points' },
    { id: `${prefix}.cpu`, value: (user + system) / rows, unit: 'us/reading' },
  ];
}

/** Every second series at the threshold that is best for the rest, and the reverse: what picking it afterwards is worth. */
function withThresholdOfOthers(scored: readonly ScoredSeries[]): number {
  const halves = [0, 1].map((parity) => scored.filter((_, index) => index % 2 === parity));
  const [even = [], odd = []] = halves;
  const at = (here: readonly ScoredSeries[], there: readonly ScoredSeries[]): number =>
    scoreAt(here, profiles.standard, bestScore(there, profiles.standard).threshold);
  return (at(even, odd) + at(odd, even)) / 2;
}

function tableOf(figures: readonly Figure[]): string[] {
  const standard = figures.flatMap(({ id, value }) => {
    const [, model = ''] = /^nab\.(?:([a-z-]+)\.)?standard$/.exec(id) ?? [undefined, undefined];
    return id.endsWith('.standard') ? [[`${model === '' ? ours : model} (ours, this corpus)`, value] as const] : [];
  });
  const table = [...standard, ...Object.entries(published)].sort(([, a], [, b]) => b - a);
  return ['standard profile, beside what is published for all 58 series:', ...table.map(lineOf)];
}

function lineOf([name, value]: readonly [string, number]): string {
  return `  ${name.padEnd(36)} ${value.toFixed(1).padStart(5)}`;
}
