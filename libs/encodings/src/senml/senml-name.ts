import { metricNamePattern } from '@myelin/contracts';
import { faultIn } from './senml-record.js';

/** RFC 8428, 4.5.1. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9:./_-]*$/;
const metricPattern = new RegExp(metricNamePattern);
/** A device id or URN in front of a metric, each at most 128 characters, and what stands between them. */
const maxNameLength = 257;
/** A device URN (RFC 9039) in front of the name of what was measured. */
const deviceUrn = /^(urn:dev:[a-z0-9-]+:[A-Za-z0-9._-]+)[:/](?=.)/;

/**
 * Makes metrics of the names of one pack. A name that begins with the device, by its id or by a `urn:dev:` URN, and `:`
 * or `/` loses that; every other name is a metric as it stands. A pack that calls its device by two names tells of two.
 */
export class MetricNames {
  readonly #metrics = new Map<string, string>();
  #self: string | undefined;

  /** `device`: the id by which the device is registered. */
  constructor(private readonly device: string) {}

  /** @throws EncodingFault senml-name-invalid, senml-several-devices */
  metricOf(baseName: string, name: string, index: number): string {
    // Before they are put together: a long base name in front of many records would be copied for each.
    if (baseName.length + name.length > maxNameLength) {
      throw faultIn(index, undefined, 'senml-name-invalid', `a name is at most ${maxNameLength} characters long`);
    }
    const whole = baseName + name;
    let metric = this.#metrics.get(whole);
    if (metric === undefined) {
      metric = this.#resolved(whole, index);
      this.#metrics.set(whole, metric);
    }
    return metric;
  }

  #resolved(whole: string, index: number): string {
    if (!namePattern.test(whole)) {
      const expected = 'base name and name together are A-Z a-z 0-9 - : . / _, a letter or digit first';
      throw faultIn(index, undefined, 'senml-name-invalid', whole === '' ? 'the record has no name' : expected);
    }
    const self = this.#selfIn(whole);
    if (self !== undefined && self !== (this.#self ??= self)) {
      throw faultIn(index, undefined, 'senml-several-devices', `the pack tells of ${this.#self} and of ${self}`);
    }
    const metric = self === undefined ? whole : whole.slice(self.length + 1);
    if (metricPattern.test(metric)) return metric;
    throw faultIn(index, undefined, 'senml-name-invalid', `without the device, a name matches ${metricNamePattern}`);
  }

  #selfIn(whole: string): string | undefined {
    const { device } = this;
    const separator = whole[device.length];
    const isOwnId = (separator === ':' || separator === '/') && whole.startsWith(device);
    return isOwnId && whole.length > device.length + 1 ? device : deviceUrn.exec(whole)?.[1];
  }
}
