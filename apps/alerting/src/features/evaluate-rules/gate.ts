/** Lets work through side by side, and some of it alone: who closes the gate waits for what is within, and holds up the rest. */
export class Gate {
  private within = 0;
  private closed: Promise<unknown> | undefined;
  private onEmpty: (() => void) | undefined;

  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed !== undefined) await this.closed;
    this.within += 1;
    try {
      return await work();
    } finally {
      this.within -= 1;
      if (this.within === 0) this.onEmpty?.();
    }
  }

  async closeFor<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed !== undefined) await this.closed;
    const alone = this.alone(work);
    this.closed = alone.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await alone;
    } finally {
      this.closed = undefined;
    }
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.within > 0) await new Promise<void>((resolve) => (this.onEmpty = resolve));
    this.onEmpty = undefined;
    return work();
  }
}
