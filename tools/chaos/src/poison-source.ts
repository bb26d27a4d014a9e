import { measurementReportedV1 } from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import {
  type DeadLetter,
  type EncodedRecord,
  type KafkaSettings,
  type RecordPublisher,
  createRecordPublisher,
  encodeEvent,
  headerNames,
  listDeadLetters,
} from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';

export const poisonedGroup = 'telemetry.store-measurements';

/** What is wrong with a message that can never be stored, and the code that it must be parked with. */
interface Poison {
  readonly code: string;
  readonly spoil: (sound: EncodedRecord, nowMs: number) => Partial<EncodedRecord>;
}

const body = (text: string) => (): Partial<EncodedRecord> => ({ value: Buffer.from(text) });
const header = (name: string, value: string) => (sound: EncodedRecord) => ({
  headers: { ...sound.headers, [name]: value },
});
const yearMs = 31_536_000_000;

const poisons: readonly Poison[] = [
  { code: 'record.not-json', spoil: body('{"ts":1795420800000,"values":{"temp') },
  { code: 'record.not-json', spoil: body('\u0000\u0001\u0002') },
  { code: 'record.schema', spoil: body('{"values":{}}') },
  { code: 'record.schema', spoil: body('{"ts":"yesterday","values":{"temperature":1}}') },
  { code: 'telemetry.header-invalid', spoil: header('myelin-device-index', 'minus one') },
  { code: 'telemetry.header-invalid', spoil: header('myelin-retention-class', 'eternal') },
  { code: 'telemetry.key-invalid', spoil: () => ({ key: 'no-tenant' }) },
  {
    code: 'telemetry.ts-ahead',
    spoil: (_sound, nowMs) => ({ value: Buffer.from(`{"ts":${nowMs + yearMs},"values":{"temperature":1}}`) }),
  },
  { code: 'telemetry.value-unstorable', spoil: body('{"ts":1795420800000,"values":{"note":"a\\u0000b"}}') },
];

/** Writes poison straight to the telemetry topic, past every gateway, and knows how each must have been parked. */
export class PoisonSource {
  readonly #expected = new Map<string, string>();
  readonly #publisher: RecordPublisher;
  readonly #run = uuidv7().slice(-8);

  constructor(private readonly settings: KafkaSettings) {
    this.#publisher = createRecordPublisher(settings, silentLogger);
  }

  get written(): number {
    return this.#expected.size;
  }

  async write(count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, i) => this.#next(this.written + i));
    await this.#publisher.send(records.map(({ record }) => record));
    for (const { id, code } of records) this.#expected.set(id, code);
  }

  /** Every fault of what has been parked: what is missing, parked twice, or parked with another code. */
  async faults(): Promise<string[]> {
    const query = { topic: measurementReportedV1.topic.name, group: poisonedGroup };
    const parked = new Map<string, DeadLetter[]>();
    for (const letter of await listDeadLetters(this.settings, query)) {
      const id = letter.headers[headerNames.id] ?? '';
      parked.set(id, [...(parked.get(id) ?? []), letter]);
    }
    return [...this.#expected].flatMap(([id, code]) => {
      const [first, ...more] = parked.get(id) ?? [];
      if (first === undefined) return [`${id} (${code}) was not parked`];
      if (more.length > 0) return [`${id} (${code}) was parked ${more.length + 1} times`];
      return first.errorClass === code ? [] : [`${id} was parked as ${first.errorClass} instead of ${code}`];
    });
  }

  async close(): Promise<void> {
    await this.#publisher.close();
  }

  #next(number: number): { record: EncodedRecord; id: string; code: string } {
    const { code, spoil } = poisons[number % poisons.length] as Poison;
    const id = `poison-${this.#run}-${number}`;
    const sound = encodeEvent(
      {
        contract: measurementReportedV1,
        key: `poison-${this.#run}/device-${number % 50}`,
        payload: measurementReportedV1.example,
        id,
        headers: {
          'myelin-device-index': String(4_000_000_000 + (number % 50)),
          'myelin-retention-class': 'standard',
          'myelin-profile': 'poison',
        },
      },
      '/chaos',
    );
    return { record: { ...sound, ...spoil(sound, Date.now()) }, id, code };
  }
}
