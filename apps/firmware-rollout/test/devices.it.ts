import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DeviceClient, Fleet, RegistryWriter, actionIdOf, linksOf } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

const firmware = randomBytes(100_000);
const digest = (name: string): string => createHash(name).update(firmware).digest('hex');

let fixture: FirmwareFixture;
let registry: RegistryWriter;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms', POLLING_DEVIATION_PERCENT: '0' });
  registry = await RegistryWriter.connect(fixture.kafka.settings);
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await fixture?.dispose();
}, 60_000);

/** One device of a tenant of its own, which is offered this firmware. */
async function offeredDevice(
  name = 'dev1',
): Promise<{ fleet: Fleet; rollout: string; device: DeviceClient; id: string }> {
  const fleet = await Fleet.of(fixture, registry);
  const device = await fleet.device(name);
  const rollout = await fleet.rollout(await fleet.release(firmware, '2.0.0'), '2.0.0');
  return { fleet, rollout, device, id: await device.offered() };
}

describe('a device that asks', () => {
  test('is told when to ask again, and for its attributes until it has said them', async () => {
    const device = await (await Fleet.of(fixture, registry)).device('new');
    const root = await device.poll();
    expect(root.headers.get('content-type')).toBe('application/hal+json');
    expect(root.body).toEqual({
      config: { polling: { sleep: '00:05:00' } },
      _links: { configData: { href: `${device.base}/configData` } },
    });
    const said = { mode: 'merge', data: { serialNo: 'SN-0001', hwRevision: '1.0' } };
    const put = await device.send('PUT', '/configData', JSON.stringify(said));
    expect(put).toMatchObject({ status: 200, text: '' });
    await device.unlinked('configData');
    const idle = await device.poll();
    expect(idle.body).toEqual({ config: { polling: { sleep: '00:05:00' } } });
    const again = await device.poll({ 'if-none-match': idle.headers.get('etag') ?? '' });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect((await device.poll({ accept: 'application/json' })).headers.get('content-type')).toBe('application/json');
    expect((await device.poll({ accept: 'text/html' })).status).toBe(406);
  });

  test('is offered the firmware with everything that any client reads', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    const root = await device.poll();
    const href = linksOf(root)['deploymentBase']?.href ?? '';
    expect(href).toMatch(new RegExp(`^${device.base}/deploymentBase/${id}\\?c=-?\\d+$`));
    expect(root.body['config']).toEqual({ polling: { sleep: '00:00:30' } });
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('offered');
    const file = `${device.base}/softwaremodules/${id}/artifacts/fw.swu`;
    const [download, md5sum] = [{ href: file }, { href: `${file}.MD5SUM` }];
    const artifact = {
      ...{ filename: 'fw.swu', size: firmware.length },
      hashes: { sha1: digest('sha1'), md5: digest('md5'), sha256: digest('sha256') },
      _links: { download, md5sum, 'download-http': download, 'md5sum-http': md5sum },
    };
    const chunk = { part: 'os', version: '2.0.0', name: 'thermometer-2-0-0', artifacts: [artifact] };
    const deployment = { download: 'forced', update: 'forced', chunks: [chunk] };
    const told = await device.get(href);
    expect(told).toMatchObject({ status: 200, body: { id, deployment } });
    expect(Object.keys(told.body)).toEqual(['id', 'deployment']);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('retrieved');
    expect((await device.get(href, { 'if-none-match': told.headers.get('etag') ?? '' })).status).toBe(304);
    expect((await device.get(`/softwaremodules/${id}/artifacts`)).body).toEqual([artifact]);
  });

  test('downloads its file, whole or from where it was, and the sum of it', async () => {
    const { device, id } = await offeredDevice();
    const file = `/softwaremodules/${id}/artifacts/fw.swu`;
    const whole = await device.get(file, { accept: 'application/octet-stream' });
    expect(whole).toMatchObject({ status: 200 });
    expect(whole.bytes.equals(firmware)).toBe(true);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      ...{ 'content-length': '100000', 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' },
      ...{ 'content-disposition': 'attachment;filename=fw.swu', 'x-request-id': expect.any(String) },
    });
    const rest = await device.get(file, { range: 'bytes=60000-', 'if-range': whole.headers.get('etag') ?? '' });
    expect(rest.status).toBe(206);
    expect(rest.headers.get('content-range')).toBe('bytes 60000-99999/100000');
    expect(rest.bytes.equals(firmware.subarray(60_000))).toBe(true);
    const behind = await device.get(file, { range: 'bytes=100000-' });
    expect(behind.status).toBe(416);
    expect(behind.headers.get('content-range')).toBe('bytes */100000');
    expect(await device.send('HEAD', file)).toMatchObject({ status: 200, text: '' });
    expect(await device.get(`${file}.MD5SUM`)).toMatchObject({ status: 200, text: `${digest('md5')}  fw.swu` });
    expect((await device.get(`/softwaremodules/${id}/artifacts/other.swu`)).status).toBe(404);
  });
});

describe('what a device reports', () => {
  test('takes its assignment on, until it has succeeded; then it is asked for its attributes anew', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    await device.send('PUT', '/configData', '{"data":{"hwRevision":"1.0"}}');
    const states: (string | undefined)[] = [];
    for (const said of [
      ['download', 'none'],
      ['downloaded', 'none'],
      ['proceeding', 'none'],
      ['closed', 'success'],
    ]) {
      const [execution = '', finished = ''] = said;
      expect(await device.feedback(id, [execution, finished])).toMatchObject({ status: 200, text: '' });
      states.push(await fleet.stateOf(rollout, 'dev1'));
    }
    expect(states).toEqual(['downloading', 'downloaded', 'installing', 'succeeded']);
    await device.unlinked('deploymentBase');
    const links = linksOf(await device.poll());
    expect(Object.keys(links).sort()).toEqual(['configData', 'installedBase']);
    expect(actionIdOf(links['installedBase']?.href ?? '')).toBe(id);
    const installed = await device.get(`${links['installedBase']?.href}?actionHistory=5`);
    expect(installed).toMatchObject({ status: 200, body: { id, actionHistory: { status: 'FINISHED' } } });
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(404);
  });

  test('that it has ended may be repeated, and not be contradicted', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    const failed = ['closed', 'failure'] as const;
    expect((await device.feedback(id, failed, { details: ['no space'] })).status).toBe(200);
    expect((await device.feedback(id, failed, { details: ['no space'] })).status).toBe(200);
    expect((await device.get(`/installedBase/${id}`)).status).toBe(404);
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(410);
    expect((await device.feedback(id, ['proceeding', 'none'])).status).toBe(410);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('failed');
    await device.unlinked('deploymentBase');
  });

  test('of an earlier attempt is over, and says nothing of the one that is offered', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    await device.feedback(id, ['closed', 'failure']);
    await device.unlinked('deploymentBase');
    await fleet.happens(rollout, 'dev1', { kind: 'retry', by: 'operator:ada' });
    const second = await device.offered();
    expect(second).not.toBe(id);
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(410);
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(404);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('offered');
    expect((await device.get(`/deploymentBase/${second}`)).status).toBe(200);
  });

  test('may hold what no JSON holds, as the logs of a failure do', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    const sloppy =
      `{ "id": ${id}, "time": "20261122T215434", "status": { "result": { "progress": {"cnt":0,"of":1}, ` +
      `"finished": "failure" }, "execution": "closed", "details" : [ "line one\nline two\twith\ttabs" ] } }`;
    expect((await device.send('POST', `/deploymentBase/${id}/feedback`, sloppy)).status).toBe(200);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('failed');
  });

  test('is refused where it cannot be read or is too much, and changes nothing', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    const path = `/deploymentBase/${id}/feedback`;
    const refused = await device.send('POST', path, '{"status":{"execution":"closed","result":{"finished":"maybe"}}}');
    expect(refused).toMatchObject({ status: 400, body: { info: { pointer: '/status/result/finished' } } });
    expect((await device.send('POST', path, 'closed')).status).toBe(400);
    expect((await device.send('POST', path, '{}', { 'content-type': 'text/xml' })).status).toBe(415);
    const large = JSON.stringify({
      status: { execution: 'closed', result: { finished: 'success' } },
      x: 'x'.repeat(262_144),
    });
    expect((await device.send('POST', path, large)).status).toBe(413);
    expect((await device.send('PUT', '/configData', '{"data":{}}')).status).toBe(400);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('offered');
  });

  test('a hundred times is one state, and however much it has said it may say that it has ended', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    for (let count = 0; count < 100; count += 1)
      expect((await device.feedback(id, ['proceeding', 'none'], { details: [`${count}`] })).status).toBe(200);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('installing');
    const told = await device.get(`/deploymentBase/${id}?actionHistory=2`);
    expect(told.body['actionHistory']).toEqual({ status: 'RUNNING', messages: ['99', '98'] });
    await fixture.database.dataSource.query(
      `INSERT INTO assignment_entry (rollout_id, device, version, attempt, action_id, kind, report, from_state, to_state, messages, at)
       SELECT rollout_id, device, version + nth, attempt, action_id, 'report', 'proceeding', state, state, '[]', now()
       FROM assignment, generate_series(1, 1000) nth WHERE rollout_id = $1`,
      [rollout],
    );
    await fixture.database.dataSource.query('UPDATE assignment SET version = version + 1000 WHERE rollout_id = $1', [
      rollout,
    ]);
    expect((await device.feedback(id, ['proceeding', 'none'])).status).toBe(429);
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(200);
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(200);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('succeeded');
  });
});

describe('a device that is to stop', () => {
  const cancel = { kind: 'cancel', cause: 'operator', timeoutMs: 600_000, by: 'operator:ada' } as const;

  test('is shown that instead of the deployment, and acknowledges it', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    const on = 'cancelAction';
    expect((await device.feedback(id, ['closed', 'success'], { on })).status).toBe(405);
    expect((await device.get(`/cancelAction/${id}`)).status).toBe(404);
    await fleet.happens(rollout, 'dev1', cancel);
    const href = await device.linked('cancelAction');
    expect(linksOf(await device.poll())['deploymentBase']).toBeUndefined();
    expect((await device.get(`/deploymentBase/${id}`)).status).toBe(404);
    expect((await device.get(href)).body).toEqual({ id, cancelAction: { stopId: id } });
    expect((await device.feedback(id, ['proceeding', 'none'], { on })).status).toBe(200);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('cancelling');
    expect((await device.feedback(id, ['closed', 'success'], { on })).status).toBe(200);
    expect((await device.feedback(id, ['closed', 'success'], { on })).status).toBe(200);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('cancelled');
    await device.unlinked('cancelAction');
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(410);
  });

  test('may refuse, and goes on then', async () => {
    const { fleet, rollout, device, id } = await offeredDevice();
    await device.feedback(id, ['proceeding', 'none']);
    await fleet.happens(rollout, 'dev1', cancel);
    await device.linked('cancelAction');
    expect((await device.feedback(id, ['rejected', 'success'], { on: 'cancelAction' })).status).toBe(200);
    expect(await device.offered()).toBe(id);
    expect(await fleet.stateOf(rollout, 'dev1')).toBe('installing');
    expect((await device.feedback(id, ['closed', 'success'])).status).toBe(200);
  });
});
