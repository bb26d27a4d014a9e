import { mintCredential } from '../../devices/mint-credential.js';
import type { DeviceRecord } from '../../domain/records.js';
import type { EncodedRecord } from '@myelin/messaging';
import { type Operator, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import type { MintedCredential } from '../../domain/credential.js';
import { type Lifecycle, statesAfterCredential } from '../../domain/lifecycle.js';
import { insertCredentials } from '../../persistence/credentials.repository.js';
import { findDevices, insertDevices } from '../../persistence/devices.repository.js';
import { findProfiles } from '../../persistence/profiles.repository.js';
import { findSites } from '../../persistence/sites.repository.js';
import { type TimeZoneOf, reserveDevices, timeZones } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { deviceCredentials, deviceLifecycleChanged, deviceState } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import { type LineResult, importedCredential, refused } from './line-result.js';
import { type ValidLine, contentOf, sortLines } from './sort-lines.js';

interface Plan {
  readonly source: ValidLine;
  /** The first is `created`. */
  readonly states: readonly Lifecycle[];
  readonly minted: MintedCredential | undefined;
}

interface ChunkContext {
  readonly tenant: string;
  readonly actor: string;
  readonly at: Date;
  readonly zoneOf: TimeZoneOf;
}

/** Creates what is new among these lines in one transaction; one result per line, in their order. */
export function importChunk(
  registry: Registry,
  operator: Operator,
  { importId, lines }: { importId: string; lines: readonly ValidLine[] },
): Promise<LineResult[]> {
  const { tenant } = operator;
  return registry.change(async (tx) => {
    // The lock on the tenant's count keeps other creations out, so what is absent now stays absent.
    if (!(await reserveDevices(tx, tenant, 0)).registered) throw problems.tenantUnknown();
    const { known, autoActivate } = await look(tx, tenant, lines);
    const { fresh, settled } = sortLines(lines, known);
    const { granted, maxDevices } = await reserveDevices(tx, tenant, fresh.length);
    const over = fresh
      .slice(granted)
      .map(({ line, body }) => refused(line, body.device, problems.deviceLimit(maxDevices)));
    const plans = fresh.slice(0, granted).map((source) => planOf(registry, source, autoActivate));
    const zoneOf = await timeZones(
      tx,
      tenant,
      lines.map(({ body }) => body.site ?? null),
      true,
    );
    const context = { tenant, actor: actorOf(operator), at: registry.now(), zoneOf };
    const created = plans.length === 0 ? [] : await create(tx, registry, context, { importId, plans });
    return [...settled, ...over, ...created].sort((a, b) => a.line - b.line);
  });
}

async function look(tx: EntityManager, tenant: string, lines: readonly ValidLine[]) {
  const existing = await findDevices(
    tx,
    tenant,
    lines.map(({ body }) => body.device),
  );
  const profiles = await findProfiles(tx, tenant, [...new Set(lines.map(({ body }) => body.profile))].sort());
  const named = new Set(lines.flatMap(({ body }) => body.site ?? []));
  const sites = named.size === 0 ? [] : await findSites(tx, tenant, [...named].sort());
  return {
    known: {
      existing: new Map(existing.map((row) => [row.device, row])),
      profiles: new Set(profiles.map(({ profile }) => profile)),
      sites: new Set(sites.map(({ site }) => site)),
    },
    autoActivate: new Set(profiles.filter((row) => row.autoActivate).map(({ profile }) => profile)),
  };
}

function planOf(registry: Registry, source: ValidLine, autoActivate: ReadonlySet<string>): Plan {
  if (source.body.credential !== true) return { source, states: ['created'], minted: undefined };
  const further = statesAfterCredential('created', autoActivate.has(source.body.profile));
  return { source, states: ['created', ...further], minted: mintCredential(registry.clock) };
}

async function create(
  tx: EntityManager,
  registry: Registry,
  context: ChunkContext,
  { importId, plans }: { importId: string; plans: readonly Plan[] },
): Promise<LineResult[]> {
  const { tenant, actor, at } = context;
  const rows = new Map((await insertDevices(tx, tenant, plans.map(newDevice), at)).map((row) => [row.device, row]));
  const credentials = plans.flatMap((plan) => newCredential(plan, at));
  await insertCredentials(tx, tenant, credentials, at);
  const events = plans.flatMap((plan) => eventsOf(context, plan, rows.get(plan.source.body.device)));
  const [first, last] = [plans.at(0)?.source.line, plans.at(-1)?.source.line];
  const reason = `created ${plans.length} devices from lines ${first} to ${last}`;
  await journal(tx, registry.clock, { tenant, actor, action: 'device.import', entity: importId, reason }, events);
  return plans.map((plan) => resultOf(tenant, plan));
}

function newDevice({ source, states, minted }: Plan) {
  return {
    ...{ device: source.body.device, ...contentOf(source.body) },
    lifecycle: states.at(-1) ?? 'created',
    version: states.length,
    credentialsVersion: minted === undefined ? 0 : 1,
  };
}

function newCredential({ source, minted }: Plan, at: Date) {
  if (minted === undefined) return [];
  const { id, secretSha256 } = minted;
  return [{ id, device: source.body.device, secretSha256, notBefore: at, notAfter: null }];
}

function eventsOf(context: ChunkContext, plan: Plan, row: DeviceRecord | undefined): EncodedRecord[] {
  if (row === undefined) throw new Error('a device vanished inside the transaction that made it');
  const { tenant, actor, at, zoneOf } = context;
  const { states } = plan;
  const changes = states.map((to, position) => {
    const from = states[position - 1];
    const version = row.version - states.length + position + 1;
    const step = { to, reason: 'import', actor, at, version, ...(from === undefined ? {} : { from }) };
    return deviceLifecycleChanged(tenant, row.device, step);
  });
  const credentials = newCredential(plan, at);
  const state = deviceState(row, zoneOf(row.site));
  return [...changes, state, ...(credentials.length === 0 ? [] : [deviceCredentials(row, credentials)])];
}

function resultOf(tenant: string, { source, minted }: Plan): LineResult {
  const { line, body } = source;
  const credential = minted === undefined ? {} : { credential: importedCredential(tenant, body.device, minted) };
  return { line, device: body.device, status: 'created', ...credential };
}
