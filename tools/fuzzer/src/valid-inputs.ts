import { encode } from 'cbor2';
import fc from 'fast-check';

/** Bodies that a device might send, by the end of their media type. */
export interface ValidInputs {
  readonly json: readonly Buffer[];
  readonly cbor: readonly Buffer[];
  readonly senmlJson: readonly Buffer[];
  readonly senmlCbor: readonly Buffer[];
}

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,12}$/),
  fc.constantFrom('temperature', '__proto__', 'urn:dev:ow:10e2073a01080063:t', 'sensor-1/t', ''),
);
const scalar = fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.string({ unit: 'binary', maxLength: 20 }));
const value = fc.oneof(
  scalar,
  fc.array(fc.double(), { maxLength: 8 }),
  fc.float32Array({ maxLength: 8 }),
  fc.int16Array({ maxLength: 8 }),
  fc.uint8Array({ maxLength: 8 }),
  fc.record({ lat: fc.integer({ min: -91, max: 91 }), lon: fc.integer({ min: -181, max: 181 }) }),
);
const ts = fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.date({ noInvalidDate: true }));
const measurement = fc.record(
  { ts, boot: fc.string({ maxLength: 5 }), seq: fc.maxSafeNat(), values: fc.dictionary(name, value, { maxKeys: 4 }) },
  { requiredKeys: ['values'] },
);
const report = fc.oneof(measurement, fc.array(measurement, { maxLength: 4 }));

const seconds = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -1e9, max: 2e9 }),
  fc.double({ min: -1e3, max: 2e9, noNaN: true }),
);
const record = fc.record(
  {
    bn: name,
    bt: seconds,
    bu: fc.constantFrom('Cel', 'K'),
    bv: fc.double(),
    bs: fc.integer(),
    bver: fc.constantFrom(10, 5, 26, 11),
    n: name,
    u: fc.constantFrom('Cel', 'K'),
    v: fc.oneof(fc.double(), fc.integer()),
    vs: fc.string({ maxLength: 5 }),
    vb: fc.boolean(),
    vd: fc.string({ maxLength: 5 }),
    s: fc.integer(),
    t: seconds,
    ut: fc.nat(),
    must_: fc.boolean(),
  },
  { requiredKeys: ['n'] },
);
/** Most records are in order: with one value, and nothing that must be understood. */
const ordinary = fc.record(
  {
    bn: fc.constantFrom('', 'sensor-1/'),
    bt: seconds,
    bv: fc.integer(),
    n: name,
    v: fc.integer(),
    t: seconds,
    s: fc.integer(),
  },
  { requiredKeys: ['n', 'v'] },
);
const pack = fc.array(fc.oneof({ weight: 9, arbitrary: ordinary }, { weight: 1, arbitrary: record }), { maxLength: 6 });

const labels: Readonly<Record<string, number>> = {
  ...{ bver: -1, bn: -2, bt: -3, bu: -4, bv: -5, bs: -6, n: 0, u: 1, v: 2, vs: 3, vb: 4, s: 5, t: 6, ut: 7, vd: 8 },
};

/** The same seed gives the same inputs. */
export function validInputs(seed: number, count: number): ValidInputs {
  const reports = fc.sample(report, { seed, numRuns: count });
  const packs = fc.sample(pack, { seed, numRuns: count });
  const json = (given: unknown): Buffer => Buffer.from(JSON.stringify(given));
  const labelled = (given: object): Map<unknown, unknown> =>
    new Map(Object.entries(given).map(([label, of]) => [labels[label] ?? label, of as unknown]));
  return {
    json: reports.map(json),
    cbor: reports.map((given) => Buffer.from(encode(given))),
    senmlJson: packs.map(json),
    senmlCbor: packs.map((given) => Buffer.from(encode(given.map(labelled)))),
  };
}
