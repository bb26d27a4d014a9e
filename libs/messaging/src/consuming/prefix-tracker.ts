/** Which of a run of records are done, in whatever order they end: tells the position up to which all are. */
export class PrefixTracker {
  private readonly done: boolean[];
  private prefix = 0;

  /** `nexts[i]` is the position to store once records 0..i are done. */
  constructor(
    private readonly nexts: readonly bigint[],
    private readonly start: bigint,
  ) {
    this.done = new Array<boolean>(nexts.length).fill(false);
  }

  /** True when the position moved. */
  finish(index: number): boolean {
    this.done[index] = true;
    const before = this.prefix;
    while (this.prefix < this.done.length && this.done[this.prefix]) this.prefix += 1;
    return this.prefix > before;
  }

  get position(): bigint {
    return this.prefix === 0 ? this.start : (this.nexts[this.prefix - 1] as bigint);
  }

  get complete(): boolean {
    return this.prefix === this.done.length;
  }
}
