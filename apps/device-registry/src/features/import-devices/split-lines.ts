/** `text` is undefined when the line was longer than allowed. */
export interface ImportedText {
  readonly line: number;
  readonly text: string | undefined;
}

export interface LineLimits {
  readonly maxLineBytes: number;
  readonly maxLines: number;
  readonly maxBytes: number;
}

export class ImportTooLarge extends Error {
  constructor(
    readonly line: number,
    readonly limit: 'maxLines' | 'maxBytes',
  ) {
    super(`the import exceeds ${limit}`);
  }
}

const newline = 0x0a;

/**
 * The lines of a stream, numbered from 1, blank ones left out. Holds one line and one chunk at most, and reads on only
 * when it is asked for more.
 * @throws ImportTooLarge when more comes than the limits allow; what was read before it was handed out
 */
export async function* splitLines(source: AsyncIterable<Buffer>, limits: LineLimits): AsyncGenerator<ImportedText> {
  const lines = new LineCollector(limits);
  let receivedBytes = 0;
  for await (const chunk of source) {
    receivedBytes += chunk.length;
    if (receivedBytes > limits.maxBytes) throw new ImportTooLarge(lines.current, 'maxBytes');
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      lines.add(chunk.subarray(start, end));
      start = end + 1;
      const line = lines.finish();
      if (line !== undefined) yield line;
    }
    lines.add(chunk.subarray(start));
  }
  const last = lines.finish();
  if (last !== undefined) yield last;
}

class LineCollector {
  current = 1;
  private parts: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly limits: LineLimits) {}

  add(part: Buffer): void {
    if (part.length === 0) return;
    this.bytes += part.length;
    if (this.bytes <= this.limits.maxLineBytes) this.parts.push(part);
    else this.parts = [];
  }

  finish(): ImportedText | undefined {
    const line = this.current++;
    const tooLong = this.bytes > this.limits.maxLineBytes;
    const text = tooLong ? undefined : Buffer.concat(this.parts).toString('utf8').trim();
    this.parts = [];
    this.bytes = 0;
    if (text === '') return undefined;
    if (line > this.limits.maxLines) throw new ImportTooLarge(line, 'maxLines');
    return { line, text };
  }
}
