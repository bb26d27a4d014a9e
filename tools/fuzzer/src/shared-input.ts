import { contentCodings, reportMediaTypes } from '@myelin/encodings';
import type { Input } from './examine.js';

const headWords = 4;
const maxBytes = 1_024 * 1_024;

/**
 * The input that is examined, in memory that two threads share: when the examining one hangs or dies, the other can still
 * tell by what.
 */
export class SharedInput {
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(readonly memory = new SharedArrayBuffer(headWords * 4 + maxBytes)) {
    this.#head = new Int32Array(memory, 0, headWords);
    this.#bytes = new Uint8Array(memory, headWords * 4);
  }

  set({ bytes, mediaType, coding }: Input): void {
    this.#bytes.set(bytes.subarray(0, maxBytes));
    this.#head[1] = bytes.length;
    this.#head[2] = reportMediaTypes.indexOf(mediaType);
    this.#head[3] = contentCodings.indexOf(coding);
    Atomics.add(this.#head, 0, 1);
  }

  /** How many inputs there were so far. */
  get count(): number {
    return Atomics.load(this.#head, 0);
  }

  get(): Input {
    const [, length = 0, mediaType = 0, coding = 0] = this.#head;
    return {
      bytes: Buffer.from(this.#bytes.slice(0, length)),
      mediaType: reportMediaTypes[mediaType] ?? 'application/json',
      coding: contentCodings[coding] ?? 'identity',
    };
  }
}
