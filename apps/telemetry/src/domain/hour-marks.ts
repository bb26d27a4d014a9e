export const hourMs = 3_600_000;

/** Hours since the epoch, UTC. */
export function hourOf(instantMs: number): number {
  return Math.floor(instantMs / hourMs);
}

/** A device-hour to roll up. */
export interface HourMark {
  readonly deviceIndex: number;
  /** Hours since the epoch. */
  readonly hour: number;
}

/** The open hours of a device that are marked: nearly always the present one, around its edges another. */
export interface MarkedHours {
  latest: number;
  other: number;
}

export function noMarkedHours(): MarkedHours {
  return { latest: -1, other: -1 };
}

/**
 * The marks that rows need: one per device and hour, none where an open hour is marked already, which is noted. An hour
 * before `openHour` may have been rolled up since, so nothing that is remembered of it counts.
 */
export function marksFor(
  lists: readonly (readonly { readonly deviceIndex: number; readonly tsMs: number }[])[],
  markedHours: (deviceIndex: number) => MarkedHours | undefined,
  openHour: number,
): HourMark[] {
  const marks = new Map<string, HourMark>();
  for (const rows of lists) {
    for (const { deviceIndex, tsMs } of rows) {
      const hour = hourOf(tsMs);
      const known = markedHours(deviceIndex);
      if (known !== undefined && hour >= openHour) {
        if (hour === known.latest || hour === known.other) continue;
        known.other = Math.max(known.other, Math.min(hour, known.latest));
        known.latest = Math.max(known.latest, hour);
      }
      marks.set(`${deviceIndex}@${hour}`, { deviceIndex, hour });
    }
  }
  return [...marks.values()];
}
