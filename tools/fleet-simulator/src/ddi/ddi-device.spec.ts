import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DdiStandIn, type StandInAction } from '../../test/ddi-stand-in.fixture.js';
import { Random } from '../random.js';
import { DdiClient } from './ddi-client.js';
import { DdiDevice, type DdiDeviceSettings } from './ddi-device.js';
import { FirmwareRecord } from './firmware-record.js';
import { noUpdateFaults, type UpdateFaultShares } from './update-faults.js';

const factory = { version: '1.0.0', sha256: ['0'.repeat(64)] };
const firmware = randomBytes(300_000);
const action: StandInAction = { actionId: '7', version: '2.0.0', firmware };
const announced = 'proceeding/none';

let service: DdiStandIn;
let client: DdiClient;
let record: FirmwareRecord;

beforeEach(async () => {
  service = new DdiStandIn();
  client = new DdiClient({ url: await service.start(), connections: 4 });
  record = new FirmwareRecord();
});
afterEach(async () => {
  await client.close();
  service.stop();
});

function device(faults: Partial<UpdateFaultShares> = {}, more: Partial<DdiDeviceSettings> = {}, seed = 1): DdiDevice {
  const account = { tenant: 'DEFAULT', device: 'dev1', authorization: 'TargetToken id.secret' };
  service.believed.set(account.device, factory.version);
  service.attributes.set(account.device, {});
  const settings = { account, factory, faults: { ...noUpdateFaults, ...faults }, ...more };
  return new DdiDevice(settings, client, record, new Random(seed));
}
async function steps(one: DdiDevice, count: number): Promise<number[]> {
  const waits: number[] = [];
  for (let nth = 0; nth < count; nth += 1) waits.push(await one.step());
  return waits;
}

describe('a simulated device', () => {
  test('asks as often as it is told, with its credential, and does nothing where nothing is wanted', async () => {
    expect(await device().step()).toBe(300_000);
    expect(await device({}, { longestPollMs: 2_000 }).step()).toBe(2_000);
    expect(service.trace).toEqual(['GET', 'GET']);
    expect(service.requests[0]?.authorization).toBe('TargetToken id.secret');
    expect(record.touched.size).toBe(0);
  });

  test('downloads, verifies, installs, starts anew, and only then reports', async () => {
    service.action = action;
    const one = device();
    expect(await one.step()).toBe(0);
    expect(service.reports).toEqual([announced]);
    expect(record.running('dev1')?.version).toBe('2.0.0');
    expect(await one.step()).toBe(300_000);
    expect(service.reports).toEqual([announced, 'closed/success']);
    expect(record.disagreeing(service.believed)).toEqual([]);
    expect(record.counts).toMatchObject({ updates: 1, failures: 0 });
    expect(service.trace).toEqual([
      ...['GET', 'GET deploymentBase/7', 'POST deploymentBase/7/feedback', 'GET softwaremodules/3/artifacts/fw.swu'],
      ...['GET', 'GET deploymentBase/7', 'GET', 'GET deploymentBase/7', 'POST deploymentBase/7/feedback'],
    ]);
  });

  test('keeps what it runs when the new firmware does not start, and says so', async () => {
    service.action = action;
    await steps(device({ failure: 1 }), 3);
    expect(service.reports).toEqual([announced, 'closed/failure']);
    expect(record.running('dev1')).toEqual(factory);
    expect(record.disagreeing(service.believed)).toEqual([]);
    expect(record.counts).toMatchObject({ updates: 0, failures: 1 });
  });

  test('installs nothing of which the digest is wrong', async () => {
    service.action = { ...action, sha256: 'f'.repeat(64) };
    await steps(device(), 2);
    expect(service.reports).toEqual([announced, 'closed/failure']);
    expect(record.running('dev1')).toEqual(factory);
  });

  const ranges = (): unknown[] =>
    service.requests.filter(({ rest }) => rest.includes('artifacts')).map(({ range }) => range);

  test('goes on with a download where it broke', async () => {
    service.action = action;
    await steps(device({ brokenDownload: 1 }), 2);
    expect(ranges()).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d+-$/)]);
    expect(service.reports).toEqual([announced, 'closed/success']);
    expect(record.counts.resumedDownloads).toBe(1);
  });

  test('goes on with a download as often as the service cuts it', async () => {
    service.action = action;
    service.cuts.push(100_000, 50_000, 1_000);
    await steps(device(), 2);
    expect(ranges()).toHaveLength(4);
    expect(service.reports).toEqual([announced, 'closed/success']);
  });

  test('begins anew where the service does not know ranges', async () => {
    service.action = action;
    service.ignoresRanges = true;
    service.cuts.push(100_000);
    await steps(device(), 2);
    expect(service.reports).toEqual([announced, 'closed/success']);
  });

  test('tries a download again when it asks the next time, after five tries', async () => {
    service.action = action;
    service.cuts.push(...Array<number>(5).fill(10_000));
    const one = device();
    expect(await one.step()).toBe(300_000);
    expect(service.reports).toEqual([announced]);
    await steps(one, 2);
    expect(service.reports).toEqual([announced, announced, 'closed/success']);
  });

  test.each([201, 204, 404, 429, 500])('does not begin when its announcement is answered with %i', async (status) => {
    service.action = action;
    service.writes.push(status);
    const one = device();
    expect(await one.step()).toBe(300_000);
    expect(service.trace.some((line) => line.includes('artifacts'))).toBe(false);
    await steps(one, 2);
    expect(record.running('dev1')?.version).toBe('2.0.0');
  });

  test.each([0, 429, 503])('reports again until it is answered (%i), and installs once', async (status) => {
    service.action = action;
    const one = device();
    await one.step();
    service.writes.push(status, status);
    await steps(one, 4);
    expect(service.outcomes.get('dev1 7')).toBe('success');
    expect(record.contradictions).toEqual([]);
    expect(record.disagreeing(service.believed)).toEqual([]);
  });

  test('answers what it has closed with the same words when it is offered again, and installs nothing', async () => {
    service.action = action;
    const one = device();
    await steps(one, 2);
    service.outcomes.clear();
    await steps(one, 2);
    expect(service.reports).toEqual([announced, 'closed/success', 'closed/success']);
    expect(record.counts.updates).toBe(1);
  });

  test('confirms no other action than its own', async () => {
    service.action = action;
    const one = device({ failure: 0 });
    await one.step();
    service.action = { actionId: '8', version: '3.0.0', firmware: randomBytes(1_000) };
    await steps(one, 2);
    expect(service.outcomes).toEqual(new Map([['dev1 8', 'success']]));
    expect(record.running('dev1')?.version).toBe('3.0.0');
    expect(record.counts.unconfirmed).toBe(1);
  });

  test('stops when it is asked to before it has installed', async () => {
    service.action = action;
    service.cuts.push(...Array<number>(5).fill(10_000));
    const one = device();
    await one.step();
    service.cancelling = true;
    await steps(one, 2);
    expect(service.outcomes.get('dev1 7')).toBe('cancelled');
    expect(record.running('dev1')).toEqual(factory);
    expect(record.counts.cancels).toBe(1);
  });

  test('refuses to stop what is installed, and reports it', async () => {
    service.action = action;
    const one = device();
    await one.step();
    service.cancelling = true;
    await steps(one, 2);
    expect(service.reports).toEqual([announced, 'rejected/none', 'closed/success']);
    expect(record.disagreeing(service.believed)).toEqual([]);
  });

  test('downloads and does not install what it shall skip to install', async () => {
    service.action = { ...action, update: 'skip' };
    await device().step();
    expect(service.reports).toEqual([announced, 'downloaded/success']);
    expect(record.running('dev1')).toEqual(factory);
  });

  test('sends its attributes while they are asked for', async () => {
    const one = device({}, { attributes: { hwRevision: '2' } });
    service.attributes.delete('dev1');
    await steps(one, 2);
    expect(service.attributes.get('dev1')).toEqual({ hwRevision: '2' });
    expect(service.trace).toEqual(['GET', 'PUT configData', 'GET']);
  });

  test('says nothing any more once it is silent, and nobody asks what it runs', async () => {
    service.action = action;
    const one = device({ silence: 1 });
    await steps(one, 4);
    const asked = service.requests.length;
    await steps(one, 3);
    expect(service.requests).toHaveLength(asked);
    expect(record.silent).toEqual(new Set(['dev1']));
    expect(record.disagreeing(new Map([['dev1', '9.9.9']]))).toEqual([]);
  });

  test('waits while the service is away', async () => {
    const one = device();
    service.stop();
    expect(await one.step()).toBe(45_000);
  });

  test('goes on by itself until it is stopped', async () => {
    service.action = action;
    const one = device({}, { longestPollMs: 5 });
    one.start();
    while (service.outcomes.size === 0) await new Promise((resolve) => setImmediate(resolve));
    await one.stop();
    const asked = service.requests.length;
    expect(await one.step()).toBe(5);
    expect(service.requests.length).toBe(asked + 1);
  });

  test('comes to an end that both know, having installed once, wherever its power is lost', async () => {
    const faults = fc.record({
      failure: fc.constantFrom(0, 0.5),
      powerLoss: fc.constant(1),
      brokenDownload: fc.constantFrom(0, 1),
      silence: fc.constant(0),
    });
    const answers = fc.array(fc.constantFrom(200, 200, 0, 503), { maxLength: 6 });
    let powerLosses = 0;
    await fc.assert(
      fc.asyncProperty(faults, answers, fc.nat(), async (shares, writes, seed) => {
        record = new FirmwareRecord();
        service.outcomes.clear();
        service.writes.splice(0, Infinity, ...writes);
        service.action = { ...action, firmware: firmware.subarray(0, 20_000) };
        const one = device(shares, {}, seed);
        for (let nth = 0; !service.outcomes.has('dev1 7') && nth < 40; nth += 1) await one.step();
        service.writes.length = 0;
        await steps(one, 2);
        const outcome = service.outcomes.get('dev1 7');
        expect(['success', 'failure']).toContain(outcome);
        expect(record.counts.updates + record.counts.failures).toBe(1);
        expect(record.running('dev1')?.version).toBe(outcome === 'success' ? '2.0.0' : '1.0.0');
        expect(record.disagreeing(service.believed)).toEqual([]);
        expect(record.contradictions).toEqual([]);
        powerLosses += record.counts.powerLosses;
      }),
      { numRuns: 60 },
    );
    expect(powerLosses).toBe(60);
  });
});

describe('a device that is drained', () => {
  test('reports what has come of an update before it ends, however often it is not answered', async () => {
    service.action = action;
    const one = device({}, { longestPollMs: 10 });
    await one.step();
    service.writes.push(503, 503);
    expect(await one.drain(60_000)).toBe(true);
    expect(service.reports.at(-1)).toBe('closed/success');
    expect(record.disagreeing(service.believed)).toEqual([]);
  });

  test('begins nothing that it is offered meanwhile', async () => {
    const one = device();
    await one.step();
    service.action = action;
    expect(await one.drain(60_000)).toBe(true);
    expect(record.touched.size).toBe(0);
  });

  test('says so when the service has not heard of it in time', async () => {
    service.action = action;
    const one = device({}, { longestPollMs: 10 });
    await one.step();
    service.stop();
    expect(await one.drain(50)).toBe(false);
  });
});
