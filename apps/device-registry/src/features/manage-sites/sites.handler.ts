import type { SiteRecord } from '../../domain/records.js';
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
import { enqueueRepublication } from '../../persistence/republications.repository.js';
import { deleteSite, insertSite, lockSite, updateSite } from '../../persistence/sites.repository.js';
import { findTenant } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { siteState, siteTombstone } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import type { SiteBody } from './site.dto.js';

export interface PutSite extends Preconditions {
  readonly site: string;
  readonly body: SiteBody;
}

/** A new time zone reaches the devices of the site in the background. */
export function putSite(
  registry: Registry,
  operator: Operator,
  command: PutSite,
): Promise<{ row: SiteRecord; created: boolean }> {
  const { tenant } = operator;
  const { site, body } = command;
  return registry.change(async (tx) => {
    if ((await findTenant(tx, tenant)) === null) throw problems.tenantUnknown();
    const before = await lockSite(tx, tenant, site);
    mayPut(before, command);
    const content = { tenant, site, ...columnsOf(body), updatedAt: registry.now() };
    const row = before === null ? await insertSite(tx, content) : await changed(tx, content, before);
    if (row === undefined) throw preconditionFailed(undefined);
    if (before !== null && before.timeZone !== row.timeZone) {
      await enqueueRepublication(tx, registry.clock, tenant, site);
    }
    const action = before === null ? 'site.create' : 'site.change';
    await journal(tx, registry.clock, { tenant, actor: actorOf(operator), action, entity: site }, [siteState(row)]);
    return { row, created: before === null };
  });
}

function columnsOf({ timeZone, position, metadata }: SiteBody) {
  return { timeZone, lat: position?.lat ?? null, lon: position?.lon ?? null, metadata: metadata ?? {} };
}

async function changed(
  tx: EntityManager,
  content: Omit<SiteRecord, 'version'>,
  before: SiteRecord,
): Promise<SiteRecord | undefined> {
  const row = { ...content, version: before.version + 1 };
  return (await updateSite(tx, row)) ? row : undefined;
}

export async function removeSite(
  registry: Registry,
  operator: Operator,
  command: { site: string; ifMatch: string | undefined },
): Promise<void> {
  const { tenant } = operator;
  const { site } = command;
  try {
    await registry.change(async (tx) => {
      const row = await lockSite(tx, tenant, site);
      if (row === null) throw problems.notFound('site');
      requireIfMatch(command.ifMatch, row.version);
      const version = row.version + 1;
      await deleteSite(tx, row, version);
      const action = { tenant, actor: actorOf(operator), action: 'site.delete', entity: site };
      await journal(tx, registry.clock, action, [siteTombstone(tenant, site, version)]);
    });
  } catch (error) {
    if (error instanceof PersistenceError && error.details['constraint'] === 'device_site_fk') {
      throw problems.inUse('site');
    }
    throw error;
  }
}
