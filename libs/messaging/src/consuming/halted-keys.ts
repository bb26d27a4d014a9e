import type { DeadLetterWriter, ParkedPlace } from './dead-letter-writer.js';
import type { RecordView } from './record-view.js';

export interface HaltedKeysPorts {
  /** Keys of the partition that have dead letters nobody has dealt with, for contracts whose policy is `halt-key`. */
  load(): Promise<ReadonlySet<string>>;
  readonly deadLetters: Pick<DeadLetterWriter, 'mark'>;
}

/**
 * Which keys of a partition wait for an operator. The dead letters themselves are the memory: what is halted is read
 * from them when the partition is assigned, and again when a replay has ended.
 */
export class HaltedKeys {
  private keys: Set<string>;
  /** Replays of which a record failed again: what follows in them follows it to the dead letters. */
  private readonly failedReplays = new Set<string>();

  constructor(
    private readonly place: ParkedPlace,
    initial: ReadonlySet<string>,
    private readonly ports: HaltedKeysPorts,
  ) {
    this.keys = new Set(initial);
  }

  get size(): number {
    return this.keys.size;
  }

  /** True when the record has to go where an earlier one of its key went. */
  blocks(view: RecordView): boolean {
    if (!this.keys.has(view.key)) return false;
    return view.replayRun === undefined || this.failedReplays.has(replayOf(view));
  }

  halt(view: RecordView): void {
    this.keys.add(view.key);
    if (view.replayRun !== undefined) this.failedReplays.add(replayOf(view));
  }

  /** After a record is dealt with: ends the replay that it is the last of. */
  async settled(view: RecordView, signal: AbortSignal): Promise<void> {
    const through = view.replayThrough;
    if (through === undefined) return;
    const marked = await this.ports.deadLetters.mark(this.place, view.raw.key, through, signal);
    if (!marked) return;
    this.failedReplays.delete(replayOf(view));
    this.keys = new Set(await this.ports.load());
  }
}

function replayOf(view: RecordView): string {
  return `${view.replayRun ?? ''} ${view.key}`;
}
