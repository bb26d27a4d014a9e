import { type PayloadOf, updateStateV1 } from '@myelin/contracts';
import { type KafkaSettings, type MessagingLogger, type TableReader, createTableReader } from '@myelin/messaging';

type UpdateState = PayloadOf<typeof updateStateV1>;

/** What a device is told when it asks. */
export interface ToldDevice {
  readonly shown: UpdateState['shown'];
  readonly action: number | undefined;
  readonly isForced: boolean;
  readonly isDownloadOnly: boolean;
  /** When one that is soft is forced. */
  readonly forcedFromMs: number | undefined;
  readonly installed: number | undefined;
  /** What waits for it to agree. */
  readonly unconfirmed: number | undefined;
  readonly wantsAttributes: boolean;
}

const newcomer: ToldDevice = {
  ...{ shown: 'nothing', action: undefined, isForced: false, isDownloadOnly: false, forcedFromMs: undefined },
  ...{ installed: undefined, unconfirmed: undefined, wantsAttributes: true },
};

/** What every device is told, in memory: devices ask without anything being read. */
export class UpdateTable {
  private readonly told = new Map<string, ToldDevice>();
  private readonly reader: TableReader;

  constructor(settings: KafkaSettings, logger: MessagingLogger) {
    const onRecord = (key: string, state: UpdateState | null): void => {
      if (state === null) this.told.delete(key);
      else this.told.set(key, toldBy(state));
    };
    this.reader = createTableReader(settings, { contract: updateStateV1, onRecord }, logger);
  }

  /** Resolves when everything that was there at the start has been read. @throws MessagingError */
  start(): Promise<void> {
    return this.reader.start();
  }

  get ready(): boolean {
    return this.reader.caughtUp;
  }

  /** @param key `<tenant>/<device>` */
  of(key: string): ToldDevice {
    return this.told.get(key) ?? newcomer;
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}

function toldBy({ shown, action, mode, forcedFrom, installed, unconfirmed, wantsAttributes }: UpdateState): ToldDevice {
  return {
    ...{ shown, action, installed, unconfirmed, wantsAttributes },
    ...{ isForced: mode === 'forced', isDownloadOnly: mode === 'download-only' },
    forcedFromMs: forcedFrom === undefined ? undefined : Date.parse(forcedFrom),
  };
}
