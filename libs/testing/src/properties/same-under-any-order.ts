import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';

export interface AnyOrderOptions<Message, State> {
  /** Generates a history: what was said, each message once, in its natural order. */
  readonly messages: fc.Arbitrary<readonly Message[]>;
  /** Feeds the arrivals to a fresh subject and tells the state in which it ends, as plain data. */
  readonly run: (arrivals: readonly Message[]) => State | Promise<State>;
  /** Messages with the same key keep their order among themselves (as on one partition). Default: any order at all. */
  readonly keepOrderOf?: (message: Message) => string;
  /** How often a message may arrive beyond the first time, default 2. */
  readonly maxExtraCopies?: number;
  /** Default 100. */
  readonly numRuns?: number;
  /** Repeats a failed run. */
  readonly seed?: number;
}

/**
 * The property "the same messages end in the same state, in whatever order and however often they arrive": compares the
 * state after the natural history with that after a generated one. Fails with the shrunk counterexample.
 */
export async function sameUnderAnyOrder<Message, State>(options: AnyOrderOptions<Message, State>): Promise<void> {
  const histories = options.messages.chain((messages) =>
    arrivalsOf(messages, options).map((arrivals) => ({ messages, arrivals })),
  );
  const property = fc.asyncProperty(histories, async ({ messages, arrivals }) => {
    const natural = await options.run(messages);
    deepStrictEqual(await options.run(arrivals), natural);
  });
  await fc.assert(property, {
    numRuns: options.numRuns ?? 100,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
}

/** Ways in which these messages may arrive: shuffled, each at least once. */
export function arrivalsOf<Message>(
  messages: readonly Message[],
  options: Pick<AnyOrderOptions<Message, unknown>, 'keepOrderOf' | 'maxExtraCopies'> = {},
): fc.Arbitrary<Message[]> {
  const { keepOrderOf, maxExtraCopies = 2 } = options;
  const copies = fc.array(fc.nat({ max: maxExtraCopies }), { minLength: messages.length, maxLength: messages.length });
  return copies.chain((extra) => {
    const indexes = messages.flatMap((_, index) => Array.from({ length: 1 + (extra[index] ?? 0) }, () => index));
    const shuffled = fc.shuffledSubarray(indexes, { minLength: indexes.length });
    return shuffled.map((order) =>
      (keepOrderOf === undefined ? order : inOrderPerKey(order, messages, keepOrderOf)).map(
        (i) => messages[i] as Message,
      ),
    );
  });
}

/** Each key keeps the places that it got, but fills them in its natural order; copies follow their original. */
function inOrderPerKey<Message>(
  order: readonly number[],
  messages: readonly Message[],
  keyOf: (message: Message) => string,
): number[] {
  const queues = new Map<string, number[]>();
  const keyAt = (index: number): string => keyOf(messages[index] as Message);
  for (const index of [...order].sort((a, b) => a - b)) {
    const queue = queues.get(keyAt(index));
    if (queue === undefined) queues.set(keyAt(index), [index]);
    else queue.push(index);
  }
  return order.map((index) => queues.get(keyAt(index))?.shift() as number);
}
