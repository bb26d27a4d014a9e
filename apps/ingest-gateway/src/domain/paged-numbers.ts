const pageSize = 4_096;

/** Float64 by dense index, allocated in pages, so that a few high indexes cost a few pages only. Zero until set. */
export class PagedNumbers {
  readonly #pages = new Map<number, Float64Array>();

  get(index: number): number {
    return this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize] ?? 0;
  }

  set(index: number, value: number): void {
    const number = Math.floor(index / pageSize);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Float64Array(pageSize);
      this.#pages.set(number, page);
    }
    page[index % pageSize] = value;
  }
}
