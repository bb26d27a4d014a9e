import type { DeviceState } from './device-evaluator.js';
import type { ReorderBuffer } from './reorder-buffer.js';

const numbersPerChunk = 1_024;
const noBuffers: readonly ReorderBuffer[] = [];

/** States of equally many numbers, many in one array: a `Float64Array` of its own takes 200 bytes beside its numbers. */
export class StateSlab {
  private readonly perChunk: number;
  private chunks: Float64Array[] = [];
  /** By row. */
  private buffers: (readonly ReorderBuffer[])[] = [];
  private freed: number[] = [];
  private rows = 0;

  /** @param length how many numbers a state has @param hasBuffers whether a state has buffers as well */
  constructor(
    private readonly length: number,
    private readonly hasBuffers: boolean,
  ) {
    this.perChunk = Math.max(1, Math.floor(numbersPerChunk / length));
  }

  /** @param state its numbers are copied @returns the number of the row: the lowest ones, given out again */
  add({ numbers, from, buffers }: DeviceState): number {
    const row = this.freed.pop() ?? this.rows++;
    if (row === this.chunks.length * this.perChunk) this.chunks.push(new Float64Array(this.perChunk * this.length));
    if (this.hasBuffers) this.buffers[row] = buffers;
    const state = this.stateOf(row);
    state.numbers.set(numbers.subarray(from, from + this.length), state.from);
    return row;
  }

  /** For the moment: it is another's when its row is removed. */
  stateOf(row: number): DeviceState {
    const { perChunk } = this;
    const numbers = this.chunks[Math.floor(row / perChunk)] as Float64Array;
    return { numbers, from: (row % perChunk) * this.length, buffers: this.buffers[row] ?? noBuffers };
  }

  remove(row: number): void {
    if (this.hasBuffers) this.buffers[row] = noBuffers;
    this.freed.push(row);
    if (this.freed.length < this.rows) return;
    [this.chunks, this.buffers, this.freed] = [[], [], []];
    this.rows = 0;
  }
}
