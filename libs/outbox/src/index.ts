export { outboxMigrationSql } from './outbox-migration.js';
export { type OpenTransaction, addToOutbox, writeToOutbox } from './write-to-outbox.js';
export { type OutboxRelay, type OutboxRelaySettings, createOutboxRelay } from './outbox-relay.js';
export { OutboxError, type OutboxErrorCode } from './outbox.errors.js';
