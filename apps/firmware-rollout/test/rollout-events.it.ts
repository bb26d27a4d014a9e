import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';
import { RolloutStand } from './rollouts-fixture.js';

let fixture: FirmwareFixture;
beforeAll(async () => {
  fixture = await startFixture({ ENGINE_INTERVAL: '50ms' });
}, 120_000);
afterAll(() => fixture.dispose());

interface Shown {
  readonly state: string;
  readonly version: number;
  readonly progress: readonly { readonly counts: readonly object[] }[];
}

/** Server-sent events of a rollout, until its stream ends. */
async function* eventsOf(response: Response): AsyncGenerator<Shown> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true });
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const data = /^event: rollout\nid: \d+\ndata: (.*)$/.exec(message)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Shown;
    }
  }
}

async function nextOf(events: AsyncGenerator<Shown>, isWanted: (shown: Shown) => boolean): Promise<Shown> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error('the stream has ended');
    if (isWanted(value as Shown)) return value as Shown;
  }
}

const streamOf = async ({ viewer }: RolloutStand, path: string, url = viewer.url): Promise<Response> =>
  fetch(`${url}${path}/events`, { headers: { authorization: `Bearer ${viewer.token ?? ''}` } });

test('whoever watches a rollout sees it as it is, and again when it or its devices change', async () => {
  const stand = await RolloutStand.of(fixture, 'watched', 10);
  const path = await stand.draft('spring');
  const response = await streamOf(stand, path);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = eventsOf(response);
  expect(await nextOf(events, () => true)).toEqual((await stand.viewer.get(path)).body);
  await stand.start(path);
  const offered = { state: 'offered', devices: 2 };
  const hasCount = ({ progress }: Shown, count: object): boolean =>
    JSON.stringify(progress[0]?.counts ?? []) === JSON.stringify([count]);
  await nextOf(events, (shown) => hasCount(shown, offered));
  for (const each of await stand.devicesIn(path, 'offered', 2)) await stand.report(each, 'succeeded');
  await nextOf(events, (shown) => hasCount(shown, { state: 'succeeded', devices: 2 }));
  await stand.manager.post(`${path}/abort`, { reason: 'enough' });
  await nextOf(events, ({ state }) => state === 'aborting');
  await events.return(undefined);
}, 120_000);

test('a stream is another tenant’s 404, ends with its draft, and a tenant has 25 at most, which hold up no other; a stop ends them all', async () => {
  const stand = await RolloutStand.of(fixture, 'streams', 0);
  const stranger = await fixture.as('stranger', 'viewer');
  const path = await stand.draft('spring');
  expect((await stranger.get(`${path}/events`)).status).toBe(404);
  const doomed = await stand.draft('summer');
  const ending = eventsOf(await streamOf(stand, doomed));
  await ending.next();
  await stand.manager.delete(doomed, { 'if-match': '"1"' });
  expect((await ending.next()).done).toBe(true);
  const other = await fixture.another();
  const streams = await Promise.all(Array.from({ length: 25 }, () => streamOf(stand, path, other.url)));
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  const refused = await streamOf(stand, path, other.url);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
  expect(await refused.json()).toMatchObject({ type: 'urn:myelin:problem:too-many-streams' });
  const neighbour = await RolloutStand.of(fixture, 'streams-too', 0);
  const near = await streamOf(neighbour, await neighbour.draft('spring'), other.url);
  expect(near.status).toBe(200);
  streams.push(near);
  expect(await other.close()).toBe(0);
  for (const { body } of streams) await body?.pipeTo(new WritableStream());
}, 120_000);
