import { setTimeout as delay } from 'node:timers/promises';
import { type EventContract, events } from '@myelin/contracts';
import { certificates } from './checks/certificates.js';
import { collector } from './checks/collector.js';
import { database } from './checks/database.js';
import { disk } from './checks/disk.js';
import { groups } from './checks/groups.js';
import { issuer } from './checks/issuer.js';
import { kafka } from './checks/kafka.js';
import { migrations } from './checks/migrations.js';
import { ports } from './checks/ports.js';
import { topics } from './checks/topics.js';
import { versions } from './checks/versions.js';
import type { DoctorConfig } from './doctor-config.js';
import { type Finding, error, warning } from './finding.js';
import { reasonOf, withoutSecrets } from './without-secrets.js';

/** What a check may look at. */
export interface CheckContext {
  readonly config: DoctorConfig;
  /** Of the repository, or of what was installed of it: `apps/<service>/...` lie below. */
  readonly workspaceFolder: string;
  /** What topics and groups are held against. */
  readonly contracts: readonly EventContract[];
  /** This machine's clock, milliseconds. */
  readonly now: () => number;
  /** Aborted when the check's time is over. */
  readonly signal: AbortSignal;
}

/** Looks at one thing. What it throws becomes a finding. */
export type Check = (context: CheckContext) => Promise<Finding[]>;

export interface DoctorOptions extends Pick<CheckContext, 'config' | 'workspaceFolder'> {
  /** All there are by default. */
  readonly contracts?: readonly EventContract[];
  readonly now?: () => number;
  /** Beside which nothing is looked at; everything is by default. */
  readonly only?: readonly CheckName[];
  /** Of each check; 5,000 by default. */
  readonly timeoutMs?: number;
}

/** In the order in which they are told. */
const checks = {
  ...{ versions, ports, disk },
  ...{ kafka, 'kafka.topics': topics, 'kafka.groups': groups },
  ...{ database, 'database.migrations': migrations },
  ...{ issuer, collector, certificates },
} as const satisfies Readonly<Record<string, Check>>;
export type CheckName = keyof typeof checks;

const defaultTimeoutMs = 5_000;

/** Everything at once, each check with its own time limit; never rejects. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const wanted = (Object.keys(checks) as CheckName[]).filter((name) => options.only?.includes(name) ?? true);
  const all = wanted.map((name) => examineOne(name, checks[name], options));
  return (await Promise.all(all)).flat().map(({ detail, remedy, ...finding }) => ({
    ...{ ...finding, detail: withoutSecrets(detail), remedy: withoutSecrets(remedy) },
  }));
}

async function examineOne(name: string, check: Check, options: DoctorOptions): Promise<Finding[]> {
  const { timeoutMs = defaultTimeoutMs, now = Date.now, contracts = events } = options;
  const over = new AbortController();
  const finished = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: finished.signal }).then(
    () => [tooLate(name, timeoutMs)],
    () => [],
  );
  try {
    return await Promise.race([check({ ...options, now, contracts, signal: over.signal }), late]);
  } catch (thrown) {
    return [
      error(
        name,
        `could not be looked at: ${reasonOf(thrown)}`,
        'see the reason; if it is a fault of the doctor, report it',
      ),
    ];
  } finally {
    over.abort();
    finished.abort();
  }
}

/** What a check of these asks is configured, and does not answer; the others were only not looked at. */
const servers: readonly string[] = ['kafka', 'database', 'issuer', 'collector'] satisfies CheckName[];

function tooLate(name: string, timeoutMs: number): Finding {
  const finding = servers.includes(name) ? error : warning;
  const remedy = 'see whether what it asks is overloaded, or behind a firewall';
  return finding(name, `no answer within ${timeoutMs / 1_000} s`, remedy);
}
