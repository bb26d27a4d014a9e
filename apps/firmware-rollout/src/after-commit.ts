import type { Logger } from '@myelin/observability';
import type { EntityManager } from 'typeorm';

type Aftermath = (logger: Logger) => void;

const waiting = new WeakMap<EntityManager, Aftermath[]>();

/** What is told of a change outside of the database, when its transaction is committed; never when it is not. */
export function afterCommit(tx: EntityManager, tell: Aftermath): void {
  waiting.get(tx)?.push(tell);
}

/** From now on what is to be told after the transaction is noted in the list, in its order. */
export function noteAftermath(tx: EntityManager): readonly Aftermath[] {
  const list: Aftermath[] = [];
  waiting.set(tx, list);
  return list;
}
