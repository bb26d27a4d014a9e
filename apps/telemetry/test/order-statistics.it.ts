import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const hourMs = 3_600_000;
const startMs = Math.floor(Date.now() / (24 * hourMs)) * 24 * hourMs - 24 * hourMs;
const range = `from=${startMs}&to=${startMs + 24 * hourMs}`;

interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly below: number;
  readonly above: number;
}
interface Page<Item> {
  readonly items: readonly Item[];
}

beforeAll(async () => {
  api = await serveQueries();
});
afterAll(() => api.dispose());

let index = 0;
/** Stores one measurement a second, the values in a random order of arrival, each with a rival that loses. */
async function stored(values: readonly (number | boolean | string)[]): Promise<string> {
  index += 1;
  const body = values.flatMap((value, at) => [
    { ts: startMs + at * 1_000, boot: 'b', seq: 2, values: { v: value } },
    { ts: startMs + at * 1_000, boot: 'b', seq: 1, values: { v: 1e6 + at } },
  ]);
  await api.store([{ body: body.reverse(), key: `acme/device-${index}`, deviceIndex: index }]);
  return `device-${index}`;
}

const number = fc.oneof(
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.integer({ min: -20, max: 20 }),
  fc.constantFrom(0.1, 0.2, 0.3, 5e-324, 1e300, -1e300),
);
const numbers = fc.array(number, { minLength: 1, maxLength: 40 });

/** As the standard defines `percentile_cont`; -0 is stored as 0. */
function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.map((value) => value + 0).sort((left, right) => left - right);
  const place = fraction * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? NaN;
  const high = sorted[Math.ceil(place)] ?? NaN;
  return low === high ? low : low + (place - Math.floor(place)) * (high - low);
}

describe('percentiles', () => {
  test('are those of the winners in order, to the last digit', async () => {
    const functions = ['median', 'p1', 'p50', 'p95', 'p99', 'p99.9'];
    await fc.assert(
      fc.asyncProperty(numbers, async (values) => {
        const device = await stored(values);
        const path = `/v1/aggregates?device=${device}&metric=v&bucket=1d&functions=${functions.join(',')}&${range}`;
        const { body } = await api.get<Page<Record<string, number>>>(path);
        const fractions = [0.5, 0.01, 0.5, 0.95, 0.99, 0.999];
        expect(functions.map((name) => body.items[0]?.[name])).toEqual(fractions.map((one) => percentile(values, one)));
      }),
      { numRuns: 15, examples: [[[-0]]] },
    );
  }, 60_000);

  test('stand beside the other functions in one item, in the order asked for; texts do not count, booleans as 1 and 0', async () => {
    const device = await stored([true, 'hot', 3, false]);
    const path = `/v1/aggregates?device=${device}&metric=v&bucket=1d&functions=median,count,p99,max&${range}`;
    const { body } = await api.get<Page<Record<string, number>>>(path);
    const { device: _, metric: _metric, start: _start, end: _end, ...values } = body.items[0] ?? {};
    expect(Object.entries(values)).toEqual([
      ['median', 1],
      ['count', 3],
      ['p99', 1 + (0.99 * 2 - 1) * 2],
      ['max', 3],
    ]);
  });

  test('between values that are further apart than any number are an overflow', async () => {
    const device = await stored([-1.7e308, 1.7e308]);
    const path = `/v1/aggregates?device=${device}&metric=v&bucket=1d&functions=median&${range}`;
    const { status, body } = await api.get<{ type: string }>(path);
    expect([status, body.type]).toEqual([422, 'urn:myelin:problem:aggregate-overflow']);
  });
});

describe('histograms', () => {
  const histogramOf = async (device: string, parameters: string): Promise<Histogram> => {
    const path = `/v1/aggregates?device=${device}&metric=v&bucket=1d&functions=histogram&${parameters}&${range}`;
    const { body } = await api.get<Page<{ histogram: Histogram }>>(path);
    return body.items[0]?.histogram as Histogram;
  };
  const counted = (values: readonly number[], edges: readonly number[]): Histogram => {
    const last = edges.length - 2;
    return {
      edges,
      counts: edges.slice(1).map((upper, bin) => {
        const lower = edges[bin] ?? NaN;
        return values.filter((value) => value >= lower && (value < upper || (bin === last && value === upper))).length;
      }),
      below: values.filter((value) => value < (edges[0] ?? NaN)).length,
      above: values.filter((value) => value > (edges.at(-1) ?? NaN)).length,
    };
  };

  test('count every winner once: in its bin, below or above, for any edges', async () => {
    const edges = fc
      .uniqueArray(
        number.map((edge) => edge + 0),
        { minLength: 2, maxLength: 6 },
      )
      .map((all) => all.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(numbers, edges, async (values, asked) => {
        const device = await stored(values);
        expect(await histogramOf(device, `histogramEdges=${asked.map(encodeURIComponent).join(',')}`)).toEqual(
          counted(values, asked),
        );
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  test('over the range that they find hold every value; the bins are equal and end at the least and the greatest', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, fc.integer({ min: 1, max: 100 }), async (values, bins) => {
        const device = await stored(values);
        const histogram = await histogramOf(device, `histogramBins=${bins}`);
        // -0 is stored as 0.
        const [low, high] = [Math.min(...values) + 0, Math.max(...values) + 0];
        expect(histogram).toEqual(counted(values, histogram.edges));
        expect([histogram.below, histogram.above]).toEqual([0, 0]);
        expect(histogram.edges).toHaveLength(low === high ? 2 : bins + 1);
        for (const [at, edge] of histogram.edges.entries()) {
          const exact = low + (high - low) * (at / (histogram.edges.length - 1));
          // Roundings of both: relative ones, and among the smallest numbers there are the distance of two neighbours.
          const tolerance = Math.max(Math.abs(low), Math.abs(high)) * 4e-16 + 2 * Number.MIN_VALUE;
          expect(Math.abs(edge - exact)).toBeLessThanOrEqual(tolerance);
        }
        expect([histogram.edges[0], histogram.edges.at(-1)]).toEqual([low, high]);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  test('over a range that is given are cut there, whatever was measured', async () => {
    const device = await stored([-1, 0, 0.5, 1, 9.99, 10, 11]);
    const asked = 'histogramBins=10&histogramFrom=0&histogramTo=10';
    expect(await histogramOf(device, asked)).toEqual({
      edges: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      counts: [2, 1, 0, 0, 0, 0, 0, 0, 0, 2],
      below: 1,
      above: 1,
    });
  });
});

describe('refusals', () => {
  test.each([
    ['functions=p0', 'functions'],
    ['functions=p100', 'functions'],
    ['functions=p99.8', 'functions'],
    ['functions=p5.0', 'functions'],
    ['functions=histogram', 'histogramBins'],
    ['functions=histogram&histogramBins=101', 'histogramBins'],
    ['functions=histogram&histogramBins=0', 'histogramBins'],
    ['functions=histogram&histogramEdges=1', 'histogramEdges'],
    ['functions=histogram&histogramEdges=1,1', 'histogramEdges'],
    ['functions=histogram&histogramEdges=2,1', 'histogramEdges'],
    ['functions=histogram&histogramEdges=1,two', 'histogramEdges'],
    ['functions=histogram&histogramEdges=1,1e999', 'histogramEdges'],
    [`functions=histogram&histogramEdges=${Array.from({ length: 102 }, (_, at) => at).join(',')}`, 'histogramEdges'],
    ['functions=histogram&histogramEdges=1,2&histogramBins=3', 'histogramBins'],
    ['functions=histogram&histogramBins=3&histogramFrom=1', 'histogramTo'],
    ['functions=histogram&histogramBins=3&histogramTo=1', 'histogramFrom'],
    ['functions=histogram&histogramBins=3&histogramFrom=2&histogramTo=2', 'histogramTo'],
    ['functions=max&histogramBins=3', 'histogramBins'],
  ])('%s is refused for its %s', async (parameters, parameter) => {
    const answer = await api.get<{ type: string; errors: readonly object[] }>(
      `/v1/aggregates?device=d&metric=v&${parameters}`,
    );
    expect([answer.status, answer.body.type]).toEqual([400, 'urn:myelin:problem:validation-failed']);
    expect(answer.body.errors.map((fault) => (fault as { parameter: string }).parameter)).toEqual([parameter]);
  });
});
