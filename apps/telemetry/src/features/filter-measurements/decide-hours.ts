import type { PoolClient } from 'pg';
import { hasSegments, mayBeCold } from '../../domain/cold-days.js';
import type { DeviceFilter } from '../../domain/filters.js';
import { marksFor } from '../../domain/hour-marks.js';
import { dayOf } from '../../domain/retention.js';
import {
  type FilteredCounts,
  type HoursToDecide,
  type RowToDecide,
  type ValuesToDiscard,
  countFiltered,
  discardValues,
  rowsToDecide,
  settledConflicts,
} from '../../persistence/discard.writer.js';
import { addMarks } from '../../persistence/measurement.writer.js';
import { reopenDay, thaw } from '../../persistence/segment.repository.js';

const discardsAtOnce = 5_000;

/**
 * Decides hours within the caller's transaction: takes redundant values out of the rows, moves them from one count to the
 * other, and has the changed hours rolled up anew.
 *
 * @param filters of every device of the hours, as the hours before left them
 * @returns the devices of which something was discarded
 */
export async function decideHours(
  client: PoolClient,
  hours: HoursToDecide,
  filters: ReadonlyMap<number, DeviceFilter>,
  nowMs: number,
): Promise<FilteredCounts[]> {
  const counts = new Counts();
  let discards: ValuesToDiscard[] = [];
  const write = async (): Promise<void> => {
    if (discards.length === 0) return;
    await thawDiscards(client, discards, nowMs);
    await discardValues(client, discards);
    for (const [index, settled] of await settledConflicts(client, discards, hours))
      counts.of(index).settledConflicts += settled;
    // All of them anew: what was marked of them before may have been rolled up.
    await addMarks(
      client,
      marksFor([discards], () => undefined, 0),
    );
    discards = [];
  };
  for await (const moment of moments(rowsToDecide(client, hours))) {
    const { deviceIndex } = moment[0];
    for (const { row, metrics } of filters.get(deviceIndex)?.judge(moment) ?? []) {
      const count = counts.of(deviceIndex);
      count.values += metrics.length;
      if (metrics.length === Object.keys(row.values).length) count.measurements += 1;
      const { tsMs, fingerprint, retentionClass } = row;
      discards.push({ deviceIndex, tsMs, fingerprint, retentionClass, metrics });
    }
    if (discards.length >= discardsAtOnce) await write();
  }
  await write();
  if (counts.all.length > 0) await countFiltered(client, counts.all);
  return counts.all;
}

class Counts {
  private readonly devices = new Map<number, FilteredCounts>();

  get all(): FilteredCounts[] {
    return [...this.devices.values()];
  }

  of(deviceIndex: number): FilteredCounts {
    let counts = this.devices.get(deviceIndex);
    if (counts === undefined) {
      counts = { deviceIndex, measurements: 0, values: 0, settledConflicts: 0 };
      this.devices.set(deviceIndex, counts);
    }
    return counts;
  }
}

/** Rows of one device and time together. */
async function* moments(rows: AsyncIterable<RowToDecide>): AsyncGenerator<[RowToDecide, ...RowToDecide[]]> {
  let moment: [RowToDecide, ...RowToDecide[]] | undefined;
  for await (const row of rows) {
    if (moment?.[0].tsMs === row.tsMs && moment[0].deviceIndex === row.deviceIndex) moment.push(row);
    else {
      if (moment !== undefined) yield moment;
      moment = [row];
    }
  }
  if (moment !== undefined) yield moment;
}

/** The freezer leaves days with noted hours alone; what it took before an hour was noted comes back here. */
async function thawDiscards(client: PoolClient, discards: readonly ValuesToDiscard[], nowMs: number): Promise<void> {
  const cold = discards.filter(({ tsMs, retentionClass }) => hasSegments(retentionClass) && mayBeCold(tsMs, nowMs));
  if (cold.length === 0) return;
  const days = new Map(
    cold.map(({ tsMs, retentionClass }) => [`${retentionClass}/${dayOf(tsMs)}`, { tsMs, retentionClass }]),
  );
  for (const { tsMs, retentionClass } of days.values()) await reopenDay(client, { retentionClass, day: dayOf(tsMs) });
  await thaw(client, cold);
}
