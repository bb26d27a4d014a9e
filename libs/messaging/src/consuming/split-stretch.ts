import type { FetchedRecord } from '../client/port.js';
import { headerNames } from '../encoding/header-names.js';
import type { Stretch } from './stretch-queue.js';

/** Cuts behind every record that ends a replay: what stands behind it may find its key free again. */
export function splitAtReplayEnds(stretch: Stretch): readonly Stretch[] {
  const { records, next, highWatermark } = stretch;
  if (!records.some(endsReplay)) return [stretch];
  const parts: Stretch[] = [];
  let begin = 0;
  let from = stretch.from;
  records.forEach((record, index) => {
    const last = index === records.length - 1;
    if (!endsReplay(record) && !last) return;
    const until = records[index + 1]?.offset ?? next;
    parts.push({ records: records.slice(begin, index + 1), from, next: until, highWatermark });
    begin = index + 1;
    from = until;
  });
  return parts;
}

function endsReplay(record: FetchedRecord): boolean {
  return record.headerText(headerNames.replayThrough) !== undefined;
}
