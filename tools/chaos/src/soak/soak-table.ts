import { type Flatness, flatnessOf } from './flatness.js';
import type { MemorySeries } from './memory-sampler.js';

export interface SoakLine extends Flatness {
  readonly what: string;
}

/** What could be judged, in the order of its names. */
export function soakLines(series: MemorySeries): SoakLine[] {
  return [...series]
    .flatMap(([what, samples]) => {
      const flatness = flatnessOf(samples);
      return flatness === undefined ? [] : [{ what, ...flatness }];
    })
    .sort((a, b) => (a.what < b.what ? -1 : 1));
}

export function soakTable(lines: readonly SoakLine[]): string {
  const header = ['', 'median MiB', 'max MiB', 'MiB per hour', ''];
  const rows = lines.map(({ what, medianBytes, maxBytes, bytesPerHour, flat }) => [
    what,
    ...[medianBytes, maxBytes, bytesPerHour].map((bytes) => (bytes / 1_048_576).toFixed(1)),
    flat ? 'flat' : 'GROWS',
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? '').length)));
  return [header, ...rows]
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}
