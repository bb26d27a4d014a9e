import 'reflect-metadata';
import { CodedError } from '@myelin/kernel';
import { type MessagingLogger, PoisonRecord, type ReceivedRecord } from '@myelin/messaging';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CrashStep, memberConfig } from './config.js';
import { consumeEach } from './consumer-app.js';
import { type Noted, notedEvent } from './noted-event.js';
import { quietLogger } from './quiet-logger.js';

/**
 * A member of a group as a process of its own. What it has done stands on standard output, written synchronously: a
 * line that was written survives SIGKILL. At its crash step it kills itself.
 */
class Failure extends CodedError<'member.not-now'> {}

const config = memberConfig();
const crashNumber = 5;
/** The record that the crash steps which need a failure stumble over. */
const oddNumber = 3;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function crash(at: CrashStep): void {
  if (config.crashAt !== at) return;
  say(`crash ${at}`);
  process.kill(process.pid, 'SIGKILL');
}

const logger: MessagingLogger = {
  ...quietLogger,
  info: (_details, message) => {
    if (message === 'a group was joined') {
      say('joined');
      crash('joined');
    }
  },
  error: (_details, message) => {
    if (message === 'a record was parked') crash('parked');
  },
};

let attempts = 0;

async function handle(record: ReceivedRecord<Noted>): Promise<void> {
  const number = record.payload()?.atMs ?? -1;
  say(`begin ${record.partition} ${record.offset} ${record.key} ${number}`);
  if (config.handleMs > 0) await sleep(config.handleMs);
  if (number === oddNumber) failAt();
  if (number === crashNumber) crash('handling');
  say(`done ${record.partition} ${record.offset} ${record.key} ${number}`);
  if (number === crashNumber) setImmediate(() => crash('handled'));
  // Positions are committed 50 ms after they moved.
  if (number === crashNumber) setTimeout(() => crash('committed'), 300);
  if (number === crashNumber && config.crashAt === 'closing') process.kill(process.pid, 'SIGTERM');
}

function failAt(): void {
  if (config.crashAt === 'retrying') {
    attempts += 1;
    if (attempts === 2) crash('retrying');
    throw Failure.retryable('member.not-now', 'try again');
  }
  if (config.crashAt !== 'parking' && config.crashAt !== 'parked') return;
  setImmediate(() => crash('parking'));
  throw PoisonRecord.permanent('member.odd', 'it is odd');
}

const contract = notedEvent(config.event, { [config.group]: 'park' }, config.partitions);
const settings = { brokers: config.brokers, clientId: 'member', namespace: config.namespace };
const { app } = await consumeEach(settings, contract, config.group, handle, { logger });
setTimeout(() => crash('joining'), 5);

process.once('SIGTERM', () => {
  setTimeout(() => crash('closing'), 3);
  void app.close().then(() => process.exit(0));
});
