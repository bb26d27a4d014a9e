import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkFault } from './tcp-proxy.js';

/** A sender is held up when this much of its bytes is under way. */
const maxPendingBytes = 1_048_576;
const throttledPieceBytes = 1_024;

interface Piece {
  /** Undefined: the sender has no more to say. */
  readonly bytes: Buffer | undefined;
  readonly dueMs: number;
}

/** One connection through a proxy: both directions, under one fault at a time. */
export class ProxyConnection {
  readonly gone: Promise<void>;
  readonly #ended = new AbortController();
  #fault: NetworkFault;
  #bytesBeforeCut = Infinity;
  #faultChanged = Promise.withResolvers<void>();

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    fault: NetworkFault,
  ) {
    this.#fault = fault;
    this.setFault(fault);
    this.gone = Promise.all([closed(client), closed(server)]).then(() => this.#ended.abort());
    this.#forward(client, server, true);
    this.#forward(server, client, false);
  }

  setFault(fault: NetworkFault): void {
    this.#fault = fault;
    this.#bytesBeforeCut = fault.kind === 'cut' ? fault.afterBytes : Infinity;
    this.#faultChanged.resolve();
    this.#faultChanged = Promise.withResolvers<void>();
  }

  reset(): void {
    this.#ended.abort();
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  #forward(from: Socket, to: Socket, towardsServer: boolean): void {
    const pending: Piece[] = [];
    let pendingBytes = 0;
    let pumping: Promise<void> | undefined;
    const push = (bytes: Buffer | undefined): void => {
      const delayMs = this.#fault.kind === 'delay' && towardsServer ? this.#fault.delayMs : 0;
      pending.push({ bytes, dueMs: performance.now() + delayMs });
      pendingBytes += bytes?.length ?? 0;
      if (pendingBytes > maxPendingBytes) from.pause();
      pumping ??= pump().finally(() => (pumping = undefined));
    };
    const pump = async (): Promise<void> => {
      for (let piece = pending[0]; piece !== undefined && !this.#ended.signal.aborted; piece = pending[0]) {
        await this.#pass(piece, to, towardsServer);
        pending.shift();
        pendingBytes -= piece.bytes?.length ?? 0;
        if (from.isPaused() && pendingBytes <= maxPendingBytes) from.resume();
      }
    };
    from.on('data', (bytes: Buffer) => push(bytes));
    from.on('end', () => push(undefined));
    from.on('error', () => undefined);
    from.on('close', () => void this.#closedBy(from, to, () => pumping));
  }

  /** An end that was announced travels behind the bytes; any other is passed on as a reset, but not through a stall. */
  async #closedBy(from: Socket, to: Socket, pumping: () => Promise<void> | undefined): Promise<void> {
    await this.#passable();
    await pumping();
    if (from.readableEnded || to.destroyed) to.destroySoon();
    else to.resetAndDestroy();
  }

  async #pass({ bytes, dueMs }: Piece, to: Socket, towardsServer: boolean): Promise<void> {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await this.#sleep(waitMs);
    await this.#passable();
    if (bytes === undefined) return void to.end();
    const allowed = towardsServer ? bytes.subarray(0, this.#bytesBeforeCut) : bytes;
    if (this.#fault.kind === 'throttle') await this.#trickle(allowed, to, this.#fault.bytesPerSecond);
    else await this.#write(allowed, to);
    if (!towardsServer) return;
    this.#bytesBeforeCut -= allowed.length;
    if (this.#bytesBeforeCut <= 0) this.reset();
  }

  async #trickle(bytes: Buffer, to: Socket, bytesPerSecond: number): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#ended.signal.aborted; at += throttledPieceBytes) {
      const piece = bytes.subarray(at, at + throttledPieceBytes);
      await this.#write(piece, to);
      if (this.#fault.kind === 'throttle') await this.#sleep((piece.length * 1_000) / bytesPerSecond);
    }
  }

  async #write(bytes: Buffer, to: Socket): Promise<void> {
    if (to.destroyed || to.write(bytes)) return;
    await once(to, 'drain', { signal: this.#ended.signal }).catch(() => undefined);
  }

  /** Resolves when the network lets something through, or the connection is over. */
  async #passable(): Promise<void> {
    while (this.#fault.kind === 'stall' && !this.#ended.signal.aborted) {
      await Promise.race([this.#faultChanged.promise, onceAborted(this.#ended.signal)]);
    }
  }

  async #sleep(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ended.signal }).catch(() => undefined);
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

function onceAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
