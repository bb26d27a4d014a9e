import { CodedError } from '@myelin/kernel';

export type EncodingFaultCode =
  // Content codings
  | 'encoding.malformed-gzip'
  | 'encoding.malformed-zstd'
  | 'encoding.body-inflates-too-much'
  // Every format
  | 'encoding.body-not-utf8'
  | 'encoding.body-too-deep'
  | 'encoding.body-too-large'
  | 'encoding.duplicate-member'
  | 'encoding.malformed-json'
  | 'encoding.malformed-cbor'
  // What can be written, and has no place in the canonical body
  | 'encoding.bytes-not-supported'
  | 'encoding.integer-too-large'
  | 'encoding.member-name-not-text'
  | 'encoding.number-not-finite'
  | 'encoding.tag-content-invalid'
  | 'encoding.tag-not-supported'
  | 'encoding.value-not-supported'
  // SenML
  | 'encoding.senml-must-understand'
  | 'encoding.senml-name-invalid'
  | 'encoding.senml-name-twice'
  | 'encoding.senml-record-invalid'
  | 'encoding.senml-several-devices'
  | 'encoding.senml-version-not-supported'
  | 'encoding.unit-mismatch';

const prefix = 'encoding.';

/** A code without its prefix. */
export type EncodingFaultName = EncodingFaultCode extends `${typeof prefix}${infer Name}` ? Name : never;

/** The first thing that is wrong with a body. Everything that this room throws is one. */
export class EncodingFault extends CodedError<EncodingFaultCode> {
  /** `pointer` is a JSON pointer (RFC 6901) into what was received; undefined when the bytes as such are wrong. */
  static named(name: EncodingFaultName, message: string, pointer?: string): EncodingFault {
    return EncodingFault.permanent(`${prefix}${name}`, message, pointer === undefined ? {} : { details: { pointer } });
  }

  get pointer(): string | undefined {
    return this.details['pointer'] as string | undefined;
  }

  get faultName(): EncodingFaultName {
    return this.code.slice(prefix.length) as EncodingFaultName;
  }
}
