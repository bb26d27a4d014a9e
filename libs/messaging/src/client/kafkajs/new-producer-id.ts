import type { ProducerIdentity } from '../port.js';
import { faultOfCode } from './broker-fault.js';
import type { BrokerSet } from './broker-set.js';

/** An identity under which the broker counts sequence numbers, without transactions. @throws BrokerFault */
export async function newProducerId(brokers: BrokerSet): Promise<ProducerIdentity> {
  const answer = (await brokers.callAny('InitProducerId', { transactionTimeout: 60_000 })) as {
    readonly errorCode: number;
    readonly producerId: string;
    readonly producerEpoch: number;
  };
  const fault = faultOfCode(answer.errorCode);
  if (fault) throw fault;
  return { id: answer.producerId, epoch: answer.producerEpoch };
}
