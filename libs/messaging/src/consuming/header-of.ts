import type { ReceivedRecord } from './received-record.js';
import { RecordView } from './record-view.js';

/** One header of a record. For many records this is much cheaper than `record.headers`, which makes all of them. */
export function headerOf(record: ReceivedRecord, name: string): string | undefined {
  return record instanceof RecordView ? record.headerText(name) : record.headers[name];
}
