/** A query with what its series are called, as Grafana writes it: `{{myelin_reason}}`. */
export type Query = readonly [expression: string, legend: string];

export interface Panel {
  readonly title: string;
  /** Grafana's id of the unit: `s`, `bytes`, `reqps`, `percentunit`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** One figure instead of a line over time. */
  readonly isFigure?: true;
  /** Why there may be nothing to show in a system that is well. Absent: then there is always something. */
  readonly mayBeEmpty?: string;
}

export interface Dashboard {
  /** Kebab-case; the file's name and part of its address. */
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

/** Rate of a counter over five minutes, summed by these labels. */
export function rate(counter: string, ...by: readonly string[]): string {
  return `sum${by.length === 0 ? '' : ` by (${by.join(', ')})`} (rate(${counter}[$__rate_interval]))`;
}

/** A quantile of a histogram, of all instances together. */
export function quantile(share: number, histogram: string, selector = '', ...by: readonly string[]): string {
  const labels = ['le', ...by].join(', ');
  return `histogram_quantile(${share}, sum by (${labels}) (rate(${histogram}_bucket{${selector}}[$__rate_interval])))`;
}

/** Lines of the middle, the slow twentieth and the slowest hundredth. */
export function quantiles(histogram: string, selector = ''): readonly Query[] {
  return [0.5, 0.95, 0.99].map((share) => [quantile(share, histogram, selector), `p${share * 100}`]);
}
