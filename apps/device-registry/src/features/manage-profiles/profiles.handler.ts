import type { ProfileRecord } from '../../domain/records.js';
import { PersistenceError } from '@myelin/persistence';
import {
  mayPut,
  preconditionFailed,
  requireIfMatch,
  type Operator,
  type Preconditions,
  actorOf,
} from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { deleteProfile, insertProfile, lockProfile, updateProfile } from '../../persistence/profiles.repository.js';
import { findTenant } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { profileState, profileTombstone } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import type { ProfileBody } from './profile.dto.js';

export interface PutProfile extends Preconditions {
  readonly profile: string;
  readonly body: ProfileBody;
}

export function putProfile(
  registry: Registry,
  operator: Operator,
  command: PutProfile,
): Promise<{ row: ProfileRecord; created: boolean }> {
  const { tenant } = operator;
  const { profile, body } = command;
  return registry.change(async (tx) => {
    if ((await findTenant(tx, tenant)) === null) throw problems.tenantUnknown();
    const before = await lockProfile(tx, tenant, profile);
    mayPut(before, command);
    const content = { tenant, profile, ...columnsOf(body), updatedAt: registry.now() };
    const row = before === null ? await insertProfile(tx, content) : await changed(tx, content, before);
    if (row === undefined) throw preconditionFailed(undefined);
    const action = before === null ? 'profile.create' : 'profile.change';
    const operatorAction = { tenant, actor: actorOf(operator), action, entity: profile };
    await journal(tx, registry.clock, operatorAction, [profileState(row)]);
    return { row, created: before === null };
  });
}

function columnsOf(body: ProfileBody) {
  const { expectedReportIntervalMs, metrics, unknownMetrics, retentionClass, autoActivate, metadata } = body;
  const rules = { expectedReportIntervalMs, metrics, unknownMetrics, retentionClass, autoActivate };
  const { storage = null, lateAfterMs = null, latenessMs = null } = body;
  return { ...rules, storage, lateAfterMs, latenessMs, metadata: metadata ?? {} };
}

async function changed(
  tx: EntityManager,
  content: Omit<ProfileRecord, 'version'>,
  before: ProfileRecord,
): Promise<ProfileRecord | undefined> {
  const row = { ...content, version: before.version + 1 };
  return (await updateProfile(tx, row)) ? row : undefined;
}

export async function removeProfile(
  registry: Registry,
  operator: Operator,
  command: { profile: string; ifMatch: string | undefined },
): Promise<void> {
  const { tenant } = operator;
  const { profile } = command;
  try {
    await registry.change(async (tx) => {
      const row = await lockProfile(tx, tenant, profile);
      if (row === null) throw problems.notFound('profile');
      requireIfMatch(command.ifMatch, row.version);
      const version = row.version + 1;
      await deleteProfile(tx, row, version);
      const action = { tenant, actor: actorOf(operator), action: 'profile.delete', entity: profile };
      await journal(tx, registry.clock, action, [profileTombstone(tenant, profile, version)]);
    });
  } catch (error) {
    if (error instanceof PersistenceError && error.details['constraint'] === 'device_profile_fk') {
      throw problems.inUse('profile');
    }
    throw error;
  }
}
