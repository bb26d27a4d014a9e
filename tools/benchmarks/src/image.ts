/** A firmware image in which every place is different from the next, the same wherever it is made. */
export function imageOf(bytes: number): Buffer {
  const image = Buffer.allocUnsafe(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) image.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  return image;
}
