/** In UTF-16 units, as hawkBit stores them. */
export const messageMaxLength = 512;

/** One message of a device as it is stored: a long one in several pieces, one of nothing but blanks in none. */
export function messagePieces(message: string): readonly string[] {
  const text = storable(message).trimEnd();
  if (text.trim() === '') return [];
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    const to = pieceEnd(text, from);
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}

/** PostgreSQL takes no NUL and no lone surrogates; other control characters but tab and newline are worth a space. */
function storable(message: string): string {
  // eslint-disable-next-line no-control-regex -- they are what it is about
  return message.toWellFormed().replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ');
}

/** Never between the halves of one character. */
function pieceEnd(text: string, from: number): number {
  const end = from + messageMaxLength;
  if (end >= text.length) return text.length;
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
