/**
 * The aggregate functions said in fractions of whole numbers, straight from their definitions: what a bucket of values
 * should answer, rounded once to the nearest float8.
 */
export interface Sample {
  readonly ts: number;
  readonly value: number;
}

interface Fraction {
  readonly over: bigint;
  /** Positive. */
  readonly under: bigint;
}

const whole = (over: bigint | number, under: bigint | number = 1): Fraction => {
  const [top, bottom] = [BigInt(over), BigInt(under)];
  return bottom < 0n ? { over: -top, under: -bottom } : { over: top, under: bottom };
};
const zero = whole(0);
const plus = (a: Fraction, b: Fraction) => whole(a.over * b.under + b.over * a.under, a.under * b.under);
const minus = (a: Fraction, b: Fraction) => plus(a, whole(-b.over, b.under));
const times = (a: Fraction, b: Fraction) => whole(a.over * b.over, a.under * b.under);
const over = (a: Fraction, b: Fraction) => whole(a.over * b.under, a.under * b.over);
const total = (all: readonly Fraction[]) => all.reduce(plus, zero);

/** The decimal that a float8 is written as is what it stands for. */
function fraction(value: number): Fraction {
  const [, sign = '', digits = '', decimals = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value)) ?? [];
  const power = Number(exponent) - decimals.length;
  const mantissa = BigInt(`${sign}${digits}${decimals}`);
  return power >= 0 ? whole(mantissa * 10n ** BigInt(power)) : whole(mantissa, 10n ** BigInt(-power));
}

const places = 700n;

/** To the nearest float8: a remainder beyond the decimals is told by one more digit. */
function rounded({ over: top, under }: Fraction): number {
  const scaled = (top < 0n ? -top : top) * 10n ** places;
  const text = `${scaled / under}${scaled % under === 0n ? '0' : '1'}e-${places + 1n}`;
  return top < 0n ? 0 - Number(text) : Number(text);
}

function roundedRoot({ over: top, under }: Fraction): number {
  const scaled = (top * 10n ** (2n * places)) / under;
  const root = wholeRoot(scaled);
  return Number(`${root}${root * root === scaled ? '0' : '1'}e-${places + 1n}`);
}

function wholeRoot(square: bigint): bigint {
  if (square < 2n) return square;
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  for (;;) {
    const next = (root + square / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/** @param samples not empty, each ts once */
export function exactAggregates(samples: readonly Sample[]): Record<string, number> {
  const sorted = [...samples].sort((left, right) => left.ts - right.ts);
  const values = sorted.map(({ value }) => fraction(value));
  const numbers = sorted.map(({ value }) => value);
  const count = whole(values.length);
  const sum = total(values);
  const [firstTs = 0, lastTs = 0] = [sorted[0]?.ts, sorted.at(-1)?.ts];
  const spanSeconds = whole(lastTs - firstTs, 1_000);
  const steps = values.slice(1).map((value, at) => minus(value, values[at] ?? zero));
  const held = steps.map((_, at) =>
    times(values[at] ?? zero, whole((sorted[at + 1]?.ts ?? 0) - (sorted[at]?.ts ?? 0))),
  );
  const increase = total(steps.map((step, at) => (step.over < 0n ? (values[at + 1] ?? zero) : step)));
  const several = values.length > 1;
  return {
    min: Math.min(...numbers),
    max: Math.max(...numbers),
    avg: rounded(over(sum, count)),
    sum: rounded(sum),
    count: values.length,
    first: numbers[0] ?? NaN,
    last: numbers.at(-1) ?? NaN,
    ...(several && { stddev: deviation(values, over(sum, count)) }),
    timeWeightedAvg: several ? rounded(over(total(held), whole(lastTs - firstTs))) : (numbers[0] ?? NaN),
    increase: rounded(increase),
    ...(several && { rate: rounded(over(increase, spanSeconds)) }),
    resets: steps.filter((step) => step.over < 0n).length,
    ...(several && { slope: slope(sorted, values) }),
  };
}

function deviation(values: readonly Fraction[], mean: Fraction): number {
  const squares = total(values.map((value) => times(minus(value, mean), minus(value, mean))));
  return roundedRoot(over(squares, whole(values.length - 1)));
}

function slope(sorted: readonly Sample[], values: readonly Fraction[]): number {
  const seconds = sorted.map(({ ts }) => whole(ts, 1_000));
  const count = whole(values.length);
  const [meanT, mean] = [over(total(seconds), count), over(total(values), count)];
  const off = seconds.map((second) => minus(second, meanT));
  const products = total(off.map((one, at) => times(one, minus(values[at] ?? zero, mean))));
  return rounded(over(products, total(off.map((one) => times(one, one)))));
}
