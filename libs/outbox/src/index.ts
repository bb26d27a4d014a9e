export { outboxMigrationSql } from './outbox-migration.js';
export { writeToOutbox } from './write-to-outbox.js';
export { type OutboxRelay, type OutboxRelaySettings, createOutboxRelay } from './outbox-relay.js';
export { OutboxError, type OutboxErrorCode } from './outbox.errors.js';
