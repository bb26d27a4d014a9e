/** What a rule of one metric and one limit finds at one device, in event time. */
export interface Occurrence {
  readonly startMs: number;
  /** Undefined: it has not ended within the stretch. */
  readonly endMs: number | undefined;
}

/** [fromMs, toMs): occurrences that begin in it; what ends behind it has not ended. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Reading {
  readonly ts: number;
  readonly value: number;
}

/** The occurrences of `value > limit`, from what was measured alone. @param readings in any order */
export function occurrencesAbove(readings: readonly Reading[], limit: number, stretch: Stretch): Occurrence[] {
  const found: Occurrence[] = [];
  let startMs: number | undefined;
  for (const { ts, value } of [...readings].sort((a, b) => a.ts - b.ts)) {
    if (value > limit) startMs ??= ts;
    else if (startMs !== undefined) {
      found.push({ startMs, endMs: ts });
      startMs = undefined;
    }
  }
  if (startMs !== undefined) found.push({ startMs, endMs: undefined });
  return within(found, stretch);
}

export function within(occurrences: readonly Occurrence[], { fromMs, toMs }: Stretch): Occurrence[] {
  return occurrences
    .filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
    .map(({ startMs, endMs }) => ({ startMs, endMs: endMs !== undefined && endMs < toMs ? endMs : undefined }))
    .sort((a, b) => a.startMs - b.startMs);
}

export interface Difference {
  /** Expected and not found as they are. */
  readonly missed: readonly Occurrence[];
  /** Found and not expected so, or found more than once. */
  readonly wrong: readonly Occurrence[];
}

export function differenceOf(expected: readonly Occurrence[], found: readonly Occurrence[]): Difference {
  const open = new Map(expected.map((one) => [keyOf(one), one]));
  const wrong = found.filter((one) => !open.delete(keyOf(one)));
  return { missed: [...open.values()], wrong };
}

function keyOf({ startMs, endMs }: Occurrence): string {
  return `${startMs} ${endMs ?? 'open'}`;
}
