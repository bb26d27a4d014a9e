import { type DdiAccount, DdiClient } from '@myelin/fleet-simulator';
import { uuidv7 } from '@myelin/kernel';
import { waitFor } from '@myelin/testing';
import type { FirmwareService, RolloutPlan } from './firmware-service.fixture.js';
import { type DownloadPlan, UpdateProxy } from './update-proxy.fixture.js';

export interface UpdatePlan extends Pick<RolloutPlan, 'mode' | 'windows'> {
  readonly downloads?: DownloadPlan;
}

const version = '2.0.0';

/** What one device, in a tenant of its own, is offered by a rollout; and the network between it and the service. */
export class OfferedUpdate {
  /** What its client has said, for tests that fail. */
  log = (): string => 'nothing';

  private constructor(
    private readonly service: FirmwareService,
    readonly account: DdiAccount,
    readonly rollout: string,
    readonly proxy: UpdateProxy,
  ) {}

  /** @param imageFor makes the firmware for the device of this name */
  static async of(
    service: FirmwareService,
    imageFor: (name: string) => Promise<Buffer>,
    { downloads, ...plan }: UpdatePlan = {},
  ): Promise<OfferedUpdate> {
    const [name, tenant] = [`dev-${uuidv7()}`, uuidv7()];
    const [account] = (await service.register(tenant, [name])) as [DdiAccount];
    const release = await service.release(tenant, version, await imageFor(name));
    const rollout = await service.rollout(
      tenant,
      { release, version },
      { waves: [[name]], timeoutMs: 86_400_000, ...plan },
    );
    const proxy = await UpdateProxy.open(service.url, downloads);
    const update = new OfferedUpdate(service, account, rollout, proxy);
    try {
      await update.reached('offered');
    } catch (error) {
      await proxy.close();
      throw error;
    }
    return update;
  }

  get name(): string {
    return this.account.device;
  }

  /** What was asked of the artifact: where each answer began, and how it was answered. */
  get downloads(): readonly (readonly [begin: number, status: number])[] {
    return this.proxy.downloads.map(({ range = 'bytes=0-', status }) => [
      Number(/^bytes=(\d+)-$/.exec(range)?.[1]),
      status,
    ]);
  }

  /** Until the assignment is so. @returns why */
  async reached(state: string): Promise<string | null> {
    const sql = 'SELECT state, reason FROM assignment WHERE rollout_id = $1';
    type Row = { state: string; reason: string | null };
    const row = await this.until(
      async () => (await this.service.query<Row>(sql, [this.rollout])).find((found) => found.state === state),
      state,
    );
    return row.reason;
  }

  /** What the device has said of its action, the oldest first. */
  async words(): Promise<string[]> {
    const sql = 'SELECT messages FROM assignment_entry WHERE rollout_id = $1 ORDER BY version';
    const rows = await this.service.query<{ messages: string[] }>(sql, [this.rollout]);
    return rows.flatMap(({ messages }) => messages);
  }

  /** Until the device has said this, and maybe more in one breath. */
  said(text: string): Promise<unknown> {
    return this.until(async () => (await this.words()).some((words) => words.includes(text)), `"${text}"`);
  }

  /**
   * The version that the service holds the device to run; undefined: it knows of none.
   * @throws Error where it tells of another one than it has stored: what is in doubt it does not tell
   */
  async believed(): Promise<string | undefined> {
    const viewer = await this.service.as(this.account.tenant, 'viewer');
    const { status, body, text } = await viewer.get(`/v1/devices/${this.name}/update-state`);
    const told = (body as { readonly runs?: { readonly version: string } }).runs?.version;
    const sql = 'SELECT installed_version AS version FROM installation WHERE device = $1';
    const [stored] = await this.service.query<{ version: string | null }>(sql, [this.name]);
    if (status !== 200 || told !== (stored?.version ?? undefined))
      throw new Error(`stored is ${stored?.version}, told is ${text}`);
    return told;
  }

  /** What the device says of itself. */
  async attributes(): Promise<unknown> {
    const sql = 'SELECT attributes FROM device_update WHERE device = $1';
    return (await this.service.query<{ attributes: unknown }>(sql, [this.name]))[0]?.attributes;
  }

  async attempts(): Promise<number> {
    return (await this.service.query('SELECT 1 FROM action WHERE rollout_id = $1', [this.rollout])).length;
  }

  async hasSucceeded(): Promise<void> {
    const sql = `SELECT 1 FROM rollout WHERE id = $1 AND state = 'succeeded'`;
    await this.until(
      async () => (await this.service.query(sql, [this.rollout])).length === 1,
      'the rollout to have succeeded',
    );
  }

  /** As an operator does, of this one device. */
  async cancel(): Promise<void> {
    const operator = await this.service.as(this.account.tenant, 'release-manager');
    const path = `/v1/rollouts/rollout-${version}/assignments/${this.name}/cancel`;
    const { status, text } = await operator.post(path, undefined);
    if (status !== 200) throw new Error(`not cancelled: ${text}`);
  }

  /** Until the device is told nothing more. */
  async isOver(): Promise<void> {
    const asking = new DdiClient({ url: this.service.url, connections: 1 });
    const isTold = async (): Promise<boolean> => {
      const root = await asking.root(this.account);
      return root === undefined || root.deploymentBase !== undefined || root.cancelAction !== undefined;
    };
    await this.until(async () => !(await isTold()), 'the offer to be taken back').finally(() => asking.close());
  }

  /** Until the client, which goes on asking, has asked and been answered a few times more. */
  async asksAgain(): Promise<void> {
    const before = this.proxy.requests.length;
    await this.until(() => this.proxy.requests.length > before + 2, 'more polls');
  }

  until<Result>(hasCome: () => Result | Promise<Result>, what: string) {
    const told = (): string => `${what}; the client said: ${this.log().slice(-4_000)}`;
    return waitFor(hasCome, { timeoutMs: 90_000, intervalMs: 50, what: told });
  }
}
