import { describe, expect, test } from '@jest/globals';
import type { EncodedRecord } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { LoadTeller, overloadMs, renewedBeforeMs } from './load-teller.js';

interface Word {
  readonly overloadedUntil: string;
  readonly version: number;
}

class Stand {
  nowMs = 1_795_420_800_000;
  refused = 0;
  isAway = false;
  readonly words: Word[] = [];
  readonly teller = new LoadTeller({
    publisher: {
      connect: async () => this.#reach(),
      send: async (records) => this.#take(records),
      close: async () => undefined,
    },
    refusedReports: () => this.refused,
    ...{ instance: 'gateway-0', source: '/gateways/gateway-0', logger: silentLogger },
    clock: { nowMs: () => this.nowMs },
  });

  /** A second in which so many reports are refused. */
  async second(refused: number): Promise<void> {
    this.nowMs += 1_000;
    this.refused += refused;
    await this.teller.look();
  }

  #reach(): void {
    if (this.isAway) throw new Error('Kafka is away');
  }

  #take(records: readonly EncodedRecord[]): void {
    this.#reach();
    for (const { value } of records) this.words.push(JSON.parse(String(value)) as Word);
  }
}

describe('a gateway that refuses reports', () => {
  test('says so once, and again only before its word grows old', async () => {
    const stand = new Stand();
    await stand.second(0);
    expect(stand.words).toEqual([]);
    await stand.second(1);
    const saidAtMs = stand.nowMs;
    expect(stand.words).toMatchObject([{ overloadedUntil: new Date(saidAtMs + overloadMs).toISOString() }]);
    while (stand.nowMs < saidAtMs + overloadMs - renewedBeforeMs - 1_000) await stand.second(1);
    expect(stand.words).toHaveLength(1);
    await stand.second(1);
    expect(stand.words).toHaveLength(2);
    expect(stand.words[1]?.version).toBeGreaterThan(stand.words[0]?.version ?? 0);
  });

  test('says nothing more when it refuses none any more', async () => {
    const stand = new Stand();
    await stand.second(1);
    for (let seconds = 0; seconds < 60; seconds += 1) await stand.second(0);
    expect(stand.words).toHaveLength(1);
  });

  test('says it when Kafka is there again, if it still refuses', async () => {
    const stand = new Stand();
    stand.isAway = true;
    await stand.second(1);
    expect(stand.words).toEqual([]);
    stand.isAway = false;
    await stand.second(1);
    expect(stand.words).toHaveLength(1);
  });

  test('says it after its clock was set back, as a later word', async () => {
    const stand = new Stand();
    await stand.second(1);
    stand.nowMs -= 3_600_000;
    await stand.second(1);
    expect(stand.words).toHaveLength(2);
    expect(stand.words[1]?.version).toBeGreaterThan(stand.words[0]?.version ?? 0);
  });
});
