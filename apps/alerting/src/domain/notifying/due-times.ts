/**
 * What is due when: a binary heap. An entry that was set anew is left where it is and skipped when it comes up, so
 * setting costs the logarithm of the number of entries.
 */
export class DueTimes {
  private readonly heap: { readonly dueMs: number; readonly key: string }[] = [];
  private readonly current = new Map<string, number>();

  set(key: string, dueMs: number): void {
    if (this.current.get(key) === dueMs) return;
    this.current.set(key, dueMs);
    this.heap.push({ dueMs, key });
    this.rise(this.heap.length - 1);
    if (this.heap.length > 64 && this.heap.length > 4 * this.current.size) this.sweep();
  }

  delete(key: string): void {
    this.current.delete(key);
  }

  /** The earliest instant at which something is due. */
  nextMs(): number | undefined {
    this.dropOutdated();
    return this.heap[0]?.dueMs;
  }

  /** Takes the key that is due earliest, if that is by `nowMs`; of equal times the smaller key. */
  take(nowMs: number): string | undefined {
    this.dropOutdated();
    const [first] = this.heap;
    if (first === undefined || first.dueMs > nowMs) return undefined;
    this.current.delete(first.key);
    return first.key;
  }

  private dropOutdated(): void {
    for (let [first] = this.heap; first !== undefined; [first] = this.heap) {
      if (this.current.get(first.key) === first.dueMs) return;
      const last = this.heap.pop();
      if (this.heap.length === 0 || last === undefined) return;
      this.heap[0] = last;
      this.sink(0);
    }
  }

  private sweep(): void {
    this.heap.length = 0;
    for (const [key, dueMs] of this.current) this.heap.push({ dueMs, key });
    for (let index = (this.heap.length >> 1) - 1; index >= 0; index--) this.sink(index);
  }

  private rise(index: number): void {
    for (let at = index; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(index: number): void {
    for (let at = index; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let smallest = at;
      if (left < this.heap.length && this.isBefore(left, smallest)) smallest = left;
      if (right < this.heap.length && this.isBefore(right, smallest)) smallest = right;
      if (smallest === at) return;
      this.swap(at, smallest);
      at = smallest;
    }
  }

  private isBefore(one: number, other: number): boolean {
    const [a, b] = [this.heap[one], this.heap[other]];
    if (a === undefined || b === undefined) return false;
    return a.dueMs === b.dueMs ? a.key < b.key : a.dueMs < b.dueMs;
  }

  private swap(one: number, other: number): void {
    const [a, b] = [this.heap[one], this.heap[other]];
    if (a === undefined || b === undefined) return;
    this.heap[one] = b;
    this.heap[other] = a;
  }
}
