import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { DeviceTable } from './device-table.js';
import type { Measurement } from './measurement-feed.js';

/** One line per measurement with a temperature above the limit, with the site that the registry knows of the device. */
export class HeatLog {
  /** What is in the file already: a measurement that comes again, also after a restart, is written once. */
  private readonly written: Set<string>;

  constructor(
    private readonly file: string,
    private readonly limit: number,
    private readonly devices: Pick<DeviceTable, 'find'>,
  ) {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    this.written = new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id));
  }

  write(measurement: Measurement): void {
    const { temperature } = measurement.values;
    if (typeof temperature !== 'number' || temperature <= this.limit) return;
    const id = identityOf(measurement);
    if (this.written.has(id)) return;
    const { key, ts } = measurement;
    const { site = null, labels = {} } = this.devices.find(key) ?? {};
    appendFileSync(this.file, `${JSON.stringify({ id, device: key, ts, temperature, site, labels })}\n`, {
      flush: true,
    });
    this.written.add(id);
  }
}

/** A measurement is its content: the same device, time, boot, seq and values are the same measurement. */
function identityOf({ key, ts, boot, seq, values }: Measurement): string {
  const members = Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([key, ts, boot, seq, members]))
    .digest('base64url');
}
