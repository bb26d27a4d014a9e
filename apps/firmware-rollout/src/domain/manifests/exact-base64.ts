/** The bytes of RFC 4648 base64 in its one exact form: padded, no unused bits, nothing else in between. Undefined for any other. */
export function exactBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
