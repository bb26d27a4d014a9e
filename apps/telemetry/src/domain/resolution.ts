import { hourMs } from './hour-marks.js';
import { dayMs } from './retention.js';

const minuteMs = 60_000;

export const rollupLevels = ['minute', 'hour', 'day'] as const;
export type RollupLevel = (typeof rollupLevels)[number];

const sizesMs: Readonly<Record<RollupLevel, number>> = { minute: minuteMs, hour: hourMs, day: dayMs };

/** The coarsest rollups that tile buckets with these starts; undefined when not even minutes do. */
export function coarsestLevel(startsMs: readonly number[]): RollupLevel | undefined {
  const tiles = (level: RollupLevel): boolean => startsMs.every((startMs) => startMs % sizesMs[level] === 0);
  return [...rollupLevels].reverse().find(tiles);
}

export interface Span {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** Where each part of a range is read from; spans of one kind are ascending and do not touch. */
export type Tiles = Readonly<Record<RollupLevel | 'rows', readonly Span[]>>;

export interface Coverage {
  readonly level: RollupLevel;
  /** Hours (since the epoch) of which only the rows tell. */
  readonly rowsOnly: ReadonlySet<number>;
  /** Days (since the epoch) of which only the rollups of hours tell, or the rows. */
  readonly hoursOnly: ReadonlySet<number>;
}

/** Cuts a range into what rollups of at most a level tell, the greatest first, and what only rows do: edges and hours that are not rolled up. */
export function tilesOf({ fromMs, toMs }: Span, { level, rowsOnly, hoursOnly }: Coverage): Tiles {
  const tiles = { rows: [] as Span[], minute: [] as Span[], hour: [] as Span[], day: [] as Span[] };
  const add = (kind: keyof Tiles, startMs: number, endMs: number): void => {
    if (startMs >= endMs) return;
    const last = tiles[kind].at(-1);
    if (last?.toMs === startMs) tiles[kind][tiles[kind].length - 1] = { fromMs: last.fromMs, toMs: endMs };
    else tiles[kind].push({ fromMs: startMs, toMs: endMs });
  };
  for (let atMs = fromMs; atMs < toMs;) {
    if (level === 'day' && atMs % dayMs === 0 && atMs + dayMs <= toMs && !hoursOnly.has(atMs / dayMs)) {
      add('day', atMs, atMs + dayMs);
      atMs += dayMs;
      continue;
    }
    const hour = Math.floor(atMs / hourMs);
    const endMs = Math.min(toMs, (hour + 1) * hourMs);
    if (rowsOnly.has(hour)) add('rows', atMs, endMs);
    else {
      const kind = level === 'minute' ? 'minute' : 'hour';
      const firstMs = Math.min(endMs, Math.ceil(atMs / sizesMs[kind]) * sizesMs[kind]);
      const lastMs = Math.max(firstMs, Math.floor(endMs / sizesMs[kind]) * sizesMs[kind]);
      add('rows', atMs, firstMs);
      add(kind, firstMs, lastMs);
      add('rows', lastMs, endMs);
    }
    atMs = endMs;
  }
  return tiles;
}
