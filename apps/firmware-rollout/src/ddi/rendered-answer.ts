import { type PlainValue, writePlainCbor } from '@myelin/encodings';
import { etagOf } from './content-hash.js';

/** An answer as it leaves, made once and sent as often as asked. */
export interface RenderedAnswer {
  readonly body: Buffer;
  /** Strong, with its quotes. */
  readonly etag: string;
}

export function rendered(value: object): RenderedAnswer {
  return renderedText(JSON.stringify(value));
}

export function renderedText(text: string): RenderedAnswer {
  const body = Buffer.from(text);
  return { body, etag: etagOf(body) };
}

/** The same in CBOR, for the few that ask for it. */
export function inCbor({ body }: Pick<RenderedAnswer, 'body'>): RenderedAnswer {
  const bytes = writePlainCbor(JSON.parse(body.toString()) as PlainValue);
  return { body: bytes, etag: etagOf(bytes) };
}
