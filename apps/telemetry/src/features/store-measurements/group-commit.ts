import { AsyncLocalStorage } from 'node:async_hooks';

export interface GroupLimits {
  /** Groups under way at a time. */
  readonly lanes: number;
  /** A group takes no more when it is as large as that; one item may be larger. */
  readonly maxSize: number;
  /**
   * From the beginning of a group to that of the next at most; less when groups take little time, none when as much as
   * fills one is waiting.
   */
  readonly maxIntervalMs: number;
}

/**
 * Of what the last group took, from its beginning to that of the next. While groups are small and quick, little is gained
 * by waiting for more; three leave the database two thirds of the time.
 */
const intervalPerDuration = 3;

interface Waiting<Item> {
  readonly item: Item;
  readonly size: number;
  /** Runs work where the item came from. */
  readonly within: <Result>(work: () => Result) => Result;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Commits together what comes separately: a transaction costs the same for one as for many. What fails together is tried
 * alone, so that each item fails for its own reasons only; `concernsAll` tells failures that would meet every one of them.
 */
export class GroupCommit<Item> {
  private readonly waiting: Waiting<Item>[] = [];
  private waitingSize = 0;
  private underWay = 0;
  private beganAtMs = Number.NEGATIVE_INFINITY;
  private lastTookMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly commit: (items: readonly Item[]) => Promise<void>,
    private readonly concernsAll: (error: unknown) => boolean,
    private readonly limits: GroupLimits,
  ) {}

  /** Resolves when the item is committed, rejects when it is not. */
  add(item: Item, size: number): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ item, size, within: AsyncLocalStorage.snapshot(), done, failed });
      this.waitingSize += size;
      this.begin();
    });
  }

  private begin(): void {
    while (this.waiting.length > 0 && this.underWay < this.limits.lanes) {
      const intervalMs = Math.min(this.limits.maxIntervalMs, intervalPerDuration * this.lastTookMs);
      const restMs = this.beganAtMs + intervalMs - performance.now();
      if (restMs > 0 && this.waitingSize < this.limits.maxSize) {
        this.timer ??= setTimeout(() => {
          this.timer = undefined;
          this.begin();
        }, Math.ceil(restMs));
        return;
      }
      this.beganAtMs = performance.now();
      void this.run(this.take());
    }
  }

  private take(): Waiting<Item>[] {
    let count = 0;
    let size = 0;
    for (const { size: more } of this.waiting) {
      if (count > 0 && size + more > this.limits.maxSize) break;
      count += 1;
      size += more;
    }
    this.waitingSize -= size;
    return this.waiting.splice(0, count);
  }

  private async run(group: readonly Waiting<Item>[]): Promise<void> {
    this.underWay += 1;
    const beganAtMs = performance.now();
    try {
      await this.commitWithin(group);
      for (const { done } of group) done();
    } catch (error) {
      if (group.length === 1 || this.concernsAll(error)) for (const { failed } of group) failed(error);
      else for (const one of group) await this.commitWithin([one]).then(one.done, one.failed);
    }
    this.lastTookMs = performance.now() - beganAtMs;
    this.underWay -= 1;
    this.begin();
  }

  /** Its spans are those of the first of the batches that share it, not of whatever made it begin. */
  private commitWithin(group: readonly Waiting<Item>[]): Promise<void> {
    const items = group.map(({ item }) => item);
    return group[0]?.within(() => this.commit(items)) ?? Promise.resolve();
  }
}
