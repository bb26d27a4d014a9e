import type { EventContract } from '@myelin/contracts';
import type { FetchedRecord } from '../client/port.js';
import { decodePayload, versionOf } from '../encoding/decode-event.js';
import { headerNames } from '../encoding/header-names.js';
import type { TableReaderOptions, TableReaderStats } from './table-reader.js';

export type Applied = 'applied' | 'stale' | 'other-type' | { readonly invalid: string };

/** Which versions were seen: decides what of a compacted topic reaches the owner of a table. */
export class TableState<Payload> {
  private readonly versions = new Map<string, number>();
  private readonly counts = { records: 0, stale: 0, invalid: 0 };
  private readonly contract: EventContract<Payload>;

  constructor(private readonly options: TableReaderOptions<Payload>) {
    this.contract = options.contract;
  }

  get stats(): TableReaderStats {
    return { ...this.counts };
  }

  apply(record: FetchedRecord): Applied {
    this.counts.records += 1;
    const type = record.headerText(headerNames.type);
    // A replay is for one group only: a table has seen the record when it came first.
    if (type !== this.contract.type || record.headerText(headerNames.replayFor) !== undefined) return 'other-type';
    try {
      return this.applyOwn(record);
    } catch (error) {
      return this.invalid((error as Error).message);
    }
  }

  private applyOwn(record: FetchedRecord): Applied {
    const key = record.key === null ? undefined : record.keyText;
    const version = versionOf(record.headerText(headerNames.version));
    if (key === undefined || version === undefined) return this.invalid('it has no key or no version');
    const seen = this.versions.get(key);
    if (seen !== undefined && seen >= version) {
      this.counts.stale += 1;
      return 'stale';
    }
    const { value } = record;
    const payload = value === null ? null : decodePayload(this.contract, value);
    this.versions.set(key, version);
    this.options.onRecord(key, payload, version);
    return 'applied';
  }

  private invalid(reason: string): Applied {
    this.counts.invalid += 1;
    return { invalid: reason };
  }
}
