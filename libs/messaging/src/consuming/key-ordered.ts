/**
 * Runs `work` on every item: items of one key one after the other in their order, at most `concurrency` keys side by
 * side. Resolves when all have ended; nothing more is begun once `stopped` says so. `work` must not reject.
 */
export async function runKeyOrdered<Item>(
  items: readonly Item[],
  options: { readonly keyOf: (item: Item) => string; readonly concurrency: number; readonly stopped: () => boolean },
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const queues = new Map<string, number[]>();
  items.forEach((item, index) => {
    const key = options.keyOf(item);
    const queue = queues.get(key);
    if (queue) queue.push(index);
    else queues.set(key, [index]);
  });
  const waiting = queues.values();
  const drain = async (): Promise<void> => {
    for (;;) {
      const next = waiting.next();
      if (next.done) return;
      for (const index of next.value) {
        if (options.stopped()) return;
        await work(items[index] as Item, index);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, queues.size) }, drain));
}
