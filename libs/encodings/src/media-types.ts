export const reportMediaTypes = [
  'application/json',
  'application/cbor',
  'application/senml+json',
  'application/senml+cbor',
] as const;
/** How a body is written. */
export type ReportMediaType = (typeof reportMediaTypes)[number];

export const contentCodings = ['gzip', 'zstd', 'identity'] as const;
/** How a body is compressed. */
export type ContentCoding = (typeof contentCodings)[number];

const mediaType = /^(application\/[a-z+]+)\s*(;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*)?$/;

/** Reads a `Content-Type`. Its one parameter is `charset=utf-8`, and only JSON has it. Undefined: not one of ours. */
export function reportMediaTypeOf(contentType: string | undefined): ReportMediaType | undefined {
  if (contentType === 'application/json') return contentType;
  const [, essence, charset] = mediaType.exec(contentType?.trim().toLowerCase() ?? '') ?? [];
  const found = reportMediaTypes.find((known) => known === essence);
  return charset !== undefined && found?.endsWith('cbor') === true ? undefined : found;
}

/** Reads a `Content-Encoding`: one coding. Undefined: not one of ours, or several. */
export function contentCodingOf(contentEncoding: string | undefined): ContentCoding | undefined {
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (coding === '') return 'identity';
  if (coding === 'x-gzip') return 'gzip'; // RFC 9110, 8.4.1.3
  return contentCodings.find((known) => known === coding);
}
