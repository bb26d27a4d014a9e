import { type PayloadOf, updateStateV1 } from '@myelin/contracts';
import { type KafkaSettings, type MessagingLogger, type TableReader, createTableReader } from '@myelin/messaging';

import { OpenWindows } from '../../ddi/open-windows.js';
import type { Begun } from '../../domain/assignments/assignment.js';

type UpdateState = PayloadOf<typeof updateStateV1>;

/** What a device is told when it asks. */
export interface ToldDevice {
  readonly shown: UpdateState['shown'];
  readonly action: number | undefined;
  readonly isForced: boolean;
  readonly isDownloadOnly: boolean;
  /** When one that is soft is forced. */
  readonly forcedFromMs: number | undefined;
  /** When it may install; undefined = at any time. */
  readonly windows: OpenWindows | undefined;
  /** Of what has windows. */
  readonly begun: Begun;
  readonly installed: number | undefined;
  /** What waits for it to agree. */
  readonly unconfirmed: number | undefined;
  readonly wantsAttributes: boolean;
}

const newcomer: ToldDevice = {
  ...{ shown: 'nothing', action: undefined, isForced: false, isDownloadOnly: false, forcedFromMs: undefined },
  ...{ installed: undefined, unconfirmed: undefined, wantsAttributes: true, windows: undefined, begun: 'no' },
};

/** Windows that are shared; beyond them those that were are forgotten, and devices keep theirs. */
const maxShared = 1_000;

/** What every device is told, in memory: devices ask without anything being read. */
export class UpdateTable {
  private readonly told = new Map<string, ToldDevice>();
  private readonly windows = new Map<string, OpenWindows>();
  private readonly reader: TableReader;

  constructor(settings: KafkaSettings, logger: MessagingLogger) {
    const onRecord = (key: string, state: UpdateState | null): void => {
      if (state === null) this.told.delete(key);
      else this.told.set(key, toldBy(state, this.windowsOf(state)));
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

  /** Devices of a rollout that are in one zone share theirs. */
  private windowsOf({ windows }: UpdateState): OpenWindows | undefined {
    if (windows === undefined) return undefined;
    const text = JSON.stringify(windows);
    const shared = this.windows.get(text);
    if (shared !== undefined) return shared;
    if (this.windows.size >= maxShared) this.windows.clear();
    const opened = new OpenWindows(windows);
    this.windows.set(text, opened);
    return opened;
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}

function toldBy(state: UpdateState, windows: OpenWindows | undefined): ToldDevice {
  const { shown, action, mode, forcedFrom, installed, unconfirmed, wantsAttributes, begun = 'no' } = state;
  return {
    ...{ windows, begun },
    ...{ shown, action, installed, unconfirmed, wantsAttributes },
    ...{ isForced: mode === 'forced', isDownloadOnly: mode === 'download-only' },
    forcedFromMs: forcedFrom === undefined ? undefined : Date.parse(forcedFrom),
  };
}
