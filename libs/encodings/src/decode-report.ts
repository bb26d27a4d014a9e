import type { CborCursor } from './cbor/cbor-cursor.js';
import { type CborDialect, decodeCbor } from './cbor/decode-cbor.js';
import { EncodingFault } from './encoding-fault.js';
import type { ReportMediaType } from './media-types.js';
import { membersIn, parseJson } from './parse-json.js';
import { resolveSenml, type SenmlContext } from './senml/resolve-senml.js';
import { senmlCbor } from './senml/senml-labels.js';

export interface ReportContext extends SenmlContext {
  /** Objects and arrays (and tags) within each other. */
  readonly maxDepth: number;
  /** Of the canonical body. */
  readonly maxBytes: number;
}

/** A report in the structure of the contract of `measurement-reported`, not yet held against it. */
export interface DecodedReport {
  readonly value: unknown;
  /**
   * Members of all objects in the text, a repeated name counted every time: whoever counts fewer in `value` has found a
   * name that came twice. Undefined where that is refused already.
   */
  readonly members: number | undefined;
  /** Where in what was received stands what a pointer into `value` names. */
  pointerOf(canonical: string): string;
  /** Of SenML, where a name may be put together: where the name of the metric begins that such a pointer leads to. */
  namePointerOf?(canonical: string): string;
  /**
   * The canonical body; to be asked for when `value` is in order. The same `value` gives the same bytes.
   * @throws EncodingFault body-too-large
   */
  body(): Buffer;
}

/**
 * From the bytes of a body (no longer compressed) to a report. JSON is forwarded as it came, byte for byte; everything
 * else is translated. @throws EncodingFault for the first thing that cannot be read
 */
export function decodeReport(received: Buffer, mediaType: ReportMediaType, context: ReportContext): DecodedReport {
  switch (mediaType) {
    case 'application/json':
      return { ...parseJson(received, context.maxDepth), pointerOf: samePointer, body: () => received };
    case 'application/cbor':
      return translated(decodeCbor(received, context.maxDepth, reportCbor), samePointer, context.maxBytes);
    case 'application/senml+json':
      return fromSenml(senmlJson(received, context.maxDepth), context);
    case 'application/senml+cbor':
      return fromSenml(decodeCbor(received, context.maxDepth, senmlCbor), context);
  }
}

const samePointer = (pointer: string): string => pointer;

/** The canonical structure in CBOR: the same names, and times as they are usual there. */
const reportCbor: CborDialect = {
  memberName: (key, cursor: CborCursor) =>
    typeof key === 'string' ? key : cursor.fail('member-name-not-text', 'the keys of a map are text strings'),
  isRead: () => true,
  mayBeTime: (path) =>
    path.at(-1) === 'ts' && (path.length === 1 || (path.length === 2 && typeof path[0] === 'number')),
};

function senmlJson(received: Buffer, maxDepth: number): unknown {
  const { value, members } = parseJson(received, maxDepth);
  if (membersIn(value) === members) return value;
  throw EncodingFault.named('duplicate-member', 'an object names a member twice');
}

function fromSenml(pack: unknown, context: ReportContext): DecodedReport {
  const resolved = resolveSenml(pack, context);
  const report = translated(resolved.measurements, (pointer) => resolved.pointerOf(pointer), context.maxBytes);
  return { ...report, namePointerOf: (pointer) => resolved.namePointerOf(pointer) };
}

function translated(value: unknown, pointerOf: DecodedReport['pointerOf'], maxBytes: number): DecodedReport {
  const body = (): Buffer => {
    const bytes = Buffer.from(JSON.stringify(value));
    if (bytes.length <= maxBytes) return bytes;
    throw EncodingFault.named('body-too-large', `as JSON the report has ${bytes.length} bytes`);
  };
  return { value, members: undefined, pointerOf, body };
}
