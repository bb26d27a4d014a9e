import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

/** What a consumer of ours does around kafkajs's own steps. */
export interface GroupHooks {
  /** Partitions are about to be given up; the next join starts when this resolves. */
  beforeJoin(group: ConsumerGroup): Promise<void>;
  /** Partitions were assigned; the first fetch starts when this resolves. */
  afterJoin(group: ConsumerGroup): Promise<void>;
  /** A position points to where there is nothing. */
  outOfRange(group: ConsumerGroup, topic: string, partition: number): void;
}

const patched = Symbol.for('myelin.messaging.consumer-group-patched');

/**
 * kafkajs 2.2.4 has no callback for "partitions are going" and "partitions came", and turns an out-of-range position
 * silently into the default one, which it commits. Groups that carry our hooks get all three; others stay as they are.
 */
export function patchConsumerGroup(): void {
  const prototype = ConsumerGroup.prototype as ConsumerGroup & { [patched]?: true };
  if (prototype[patched]) return;
  const { joinAndSync, recoverFromOffsetOutOfRange } = prototype;
  prototype.joinAndSync = async function (this: ConsumerGroup): Promise<void> {
    const hooks = hooksOf(this);
    await hooks?.beforeJoin(this);
    await joinAndSync.call(this);
    await hooks?.afterJoin(this);
  };
  prototype.recoverFromOffsetOutOfRange = async function (
    this: ConsumerGroup,
    error: { topic: string; partition: number },
  ): Promise<void> {
    const hooks = hooksOf(this);
    if (hooks === undefined) await recoverFromOffsetOutOfRange.call(this, error);
    else hooks.outOfRange(this, error.topic, error.partition);
  };
  prototype[patched] = true;
}

function hooksOf(group: ConsumerGroup): GroupHooks | undefined {
  return (group.assigners[0] as { hooks?: GroupHooks } | undefined)?.hooks;
}
