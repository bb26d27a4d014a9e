import { BrokerFault, type ProduceBatch } from '../port.js';
import { faultOfCode } from './broker-fault.js';

/** The error code that a broker gave for one partition. */
export interface PartitionCode {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

/** What became of each batch, in the order of the batches; undefined = written. */
export function produceOutcomes(
  batches: readonly ProduceBatch[],
  answered: Iterable<PartitionCode>,
): readonly (BrokerFault | undefined)[] {
  const codes = new Map<string, number>();
  for (const { topic, partition, errorCode } of answered) codes.set(`${topic}/${partition}`, errorCode);
  return batches.map(({ topic, partition }) => {
    const code = codes.get(`${topic}/${partition}`);
    return code === undefined ? new BrokerFault('unavailable', 'no answer for the partition') : faultOfCode(code);
  });
}
