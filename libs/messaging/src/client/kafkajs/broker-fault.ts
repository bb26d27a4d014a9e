import errors from 'kafkajs/src/protocol/error.js';
import { BrokerFault, type FaultKind } from '../port.js';

const notLeader = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'KAFKA_STORAGE_ERROR',
]);
const producerLost = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

const duplicateSequenceNumber = 46;

/** The fault behind Kafka's error code; undefined for success. */
export function faultOfCode(code: number): BrokerFault | undefined {
  // A duplicate sequence number: the very same batch has been written before.
  if (code === 0 || code === duplicateSequenceNumber) return undefined;
  const known = errors.errorCodes.find((entry) => entry.code === code);
  if (known === undefined) return new BrokerFault('refused', `error code ${code}`);
  return new BrokerFault(kindOf(known.type, known.retriable), known.type);
}

function kindOf(type: string, retriable: boolean): FaultKind {
  if (type === 'OFFSET_OUT_OF_RANGE') return 'offset-out-of-range';
  if (notLeader.has(type)) return 'not-leader';
  if (producerLost.has(type)) return 'producer-lost';
  return retriable ? 'unavailable' : 'refused';
}

interface ClientError extends Error {
  readonly type?: string;
  readonly retriable?: boolean;
}

/** Anything that a call into kafkajs can throw. A missing answer counts as `unavailable`. */
export function faultOf(error: unknown): BrokerFault {
  if (error instanceof BrokerFault) return error;
  const { type, retriable, message, name } = error as ClientError;
  if (type !== undefined) return new BrokerFault(kindOf(type, retriable ?? false), type, { cause: error });
  const refused = name === 'KafkaJSSASLAuthenticationError' || name === 'KafkaJSServerDoesNotSupportApiKey';
  return new BrokerFault(refused ? 'refused' : 'unavailable', message ?? String(error), { cause: error });
}
