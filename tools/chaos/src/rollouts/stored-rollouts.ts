import { Pool } from 'pg';

/** An assignment as it is stored in the end. */
export interface StoredAssignment {
  readonly rollout: string;
  readonly device: string;
  readonly wave: number;
  readonly state: string;
  readonly reason: string | null;
  readonly action: number | null;
  readonly version: number;
}

/** An attempt, with how it ended. */
export interface StoredAction {
  readonly action: number;
  readonly rollout: string;
  readonly device: string;
  /** Of the firmware. */
  readonly version: string;
  readonly wave: number;
  readonly waveStartedMs: number | null;
  readonly offeredMs: number;
  /** When the device was to be asked to stop. */
  readonly cancelledMs: number | null;
  /** Null while it is open. */
  readonly end: string | null;
  readonly endedBy: string | null;
  readonly reason: string | null;
}

export interface StoredRollout {
  readonly rollout: string;
  readonly state: string;
  readonly version: number;
}

const closed = `('succeeded', 'failed', 'cancelled', 'skipped')`;

/** What the firmware service has stored of a tenant, read behind its back. */
export class StoredRollouts {
  readonly #pool: Pool;

  constructor(
    url: string,
    private readonly tenant: string,
  ) {
    this.#pool = new Pool({ connectionString: url, max: 1, options: '-c search_path=firmware_rollout' });
    // It comes to an end with its server, which is damaged: the next query has another.
    this.#pool.on('error', () => undefined);
  }

  /** Of these actions those whose wave has not begun. */
  async early(actions: readonly number[]): Promise<readonly string[]> {
    const rows = await this.#query<{ device: string; rollout: string; wave: number }>(
      `SELECT a.device, r.rollout, s.wave FROM action a JOIN rollout r ON r.id = a.rollout_id
       JOIN assignment s USING (rollout_id, device) JOIN rollout_wave w USING (rollout_id, wave)
       WHERE a.tenant = $1 AND a.id = ANY($2) AND w.state = 'pending'`,
      [actions],
    );
    return rows.map(({ device, rollout, wave }) => `${device} in wave ${wave} of ${rollout}`);
  }

  rollouts(): Promise<StoredRollout[]> {
    return this.#query(`SELECT rollout, state, version FROM rollout WHERE tenant = $1`);
  }

  assignments(): Promise<StoredAssignment[]> {
    return this.#query(
      `SELECT r.rollout, s.device, s.wave, s.state, s.reason, s.action_id AS action, s.version
       FROM assignment s JOIN rollout r ON r.id = s.rollout_id WHERE s.tenant = $1`,
    );
  }

  actions(): Promise<StoredAction[]> {
    return this.#query(
      `SELECT a.id AS action, r.rollout, a.device, r.demands ->> 'version' AS version, s.wave,
         (extract(epoch FROM w.started_at) * 1000)::float8 AS "waveStartedMs",
         (extract(epoch FROM a.offered_at) * 1000)::float8 AS "offeredMs",
         (SELECT (extract(epoch FROM min(c.at)) * 1000)::float8 FROM assignment_entry c WHERE c.rollout_id = a.rollout_id
           AND c.device = a.device AND c.action_id = a.id AND c.kind = 'cancel') AS "cancelledMs",
         e.to_state AS "end", e.kind AS "endedBy", e.reason
       FROM action a JOIN rollout r ON r.id = a.rollout_id JOIN assignment s USING (rollout_id, device)
       JOIN rollout_wave w USING (rollout_id, wave)
       LEFT JOIN LATERAL (SELECT to_state, kind, reason FROM assignment_entry e
         WHERE e.rollout_id = a.rollout_id AND e.device = a.device AND e.action_id = a.id AND e.to_state IN ${closed}
         ORDER BY e.version LIMIT 1) e ON true
       WHERE a.tenant = $1`,
    );
  }

  /** The version that each device is held to run, where one was seen to be installed; undefined where that is in doubt. */
  async believed(): Promise<ReadonlyMap<string, string | undefined>> {
    const rows = await this.#query<{ device: string; version: string | null }>(
      `SELECT device, CASE WHEN doubted_action IS NULL THEN installed_version END AS version FROM installation
       WHERE tenant = $1 AND (installed_version IS NOT NULL OR doubted_action IS NOT NULL)`,
    );
    return new Map(rows.map(({ device, version }) => [device, version ?? undefined]));
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #query<Row extends object>(sql: string, more: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, [this.tenant, ...more])).rows;
  }
}
