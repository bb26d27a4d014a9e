import { mutant } from '../mutant.mjs';

const gateway = (file, name) => ({ project: 'apps/ingest-gateway', file, name });
const identity = { project: 'libs/device-identity', file: 'src/directory-state.spec.ts' };
const directory = 'libs/device-identity/src/directory-state.ts';

export const edgeMutants = [
  mutant({
    name: 'acknowledge-before-kafka',
    promise: 'a device gets its 202 only after the brokers have acknowledged',
    file: 'apps/ingest-gateway/src/features/report-telemetry/report-telemetry.handler.ts',
    edits: [
      [
        'taken = publisher.append(record, settled);',
        'taken = publisher.append(record, () => undefined);\n      if (taken) settled(undefined);',
      ],
    ],
    suite: gateway('test/kafka-away.it.ts'),
  }),
  mutant({
    name: 'two-members-of-one-name',
    promise: 'a report with two members of one name is refused: what is forwarded is what was checked',
    file: 'apps/ingest-gateway/src/features/report-telemetry/checked-report.ts',
    edits: [["if (report.members !== undefined && members !== report.members) throw refusal('duplicate-member');", '']],
    suite: gateway('src/features/report-telemetry/checked-report.spec.ts'),
  }),
  mutant({
    name: 'tick-though-refusing',
    promise: 'time in which no device can be heard has no ticks',
    file: 'apps/ingest-gateway/src/features/write-ticks/tick-writer.ts',
    edits: [["if (!directory.ready) return this.#missed('the devices are not known');", '']],
    suite: gateway('src/features/write-ticks/tick-writer.spec.ts'),
  }),
  mutant({
    name: 'tick-missing',
    promise: 'every telemetry partition gets a tick each second',
    file: 'apps/ingest-gateway/src/features/write-ticks/tick-writer.ts',
    edits: [
      [
        'for (let partition = 0; partition < partitions; partition++) {',
        'for (let partition = 1; partition < partitions; partition++) {',
      ],
    ],
    suite: gateway('test/ticks.it.ts'),
  }),
  mutant({
    name: 'rate-of-devices-unlimited',
    promise: 'a device that reports faster than its limit is refused with a time to wait',
    file: 'apps/ingest-gateway/src/domain/report-rates.ts',
    edits: [['if (deviceWaitMs > 0) return', 'if (deviceWaitMs > 1e12) return']],
    suite: gateway('test/rates.it.ts'),
  }),
  mutant({
    name: 'suspended-device-admitted',
    promise: 'only active devices report',
    file: directory,
    edits: [["if (lifecycle !== 'active') return", "if (lifecycle === 'retired') return"]],
    suite: identity,
  }),
  mutant({
    name: 'expired-credential-admitted',
    promise: 'a credential ends at its time',
    file: directory,
    edits: [['    if (!(nowMs < this.#credentials.notAfterMs(position))) return refused.expired;\n', '']],
    suite: identity,
  }),
  mutant({
    name: 'header-of-a-connection-read-once',
    promise: 'whatever a connection presented before, each header is taken for what it says',
    file: directory,
    edits: [['if (last !== undefined && last.header === header) return', 'if (last !== undefined) return']],
    suite: identity,
  }),
  mutant({
    name: 'secret-compared-early-exit',
    promise: 'secrets are compared in constant time, as often for unknown devices as for known ones',
    file: 'libs/device-identity/src/credential-columns.ts',
    edits: [['return timingSafeEqual(stored, digest) &&', 'return stored.equals(digest) &&']],
    suite: { project: 'libs/device-identity', file: 'src/constant-time.spec.ts' },
  }),
  mutant({
    name: 'second-comparison-skipped',
    promise: 'secrets are compared in constant time, as often for unknown devices as for known ones',
    file: directory,
    edits: [
      [
        'const secondMatches = this.#credentials.matches(first + 1, digest);',
        'const secondMatches = !firstMatches && this.#credentials.matches(first + 1, digest);',
      ],
    ],
    suite: { project: 'libs/device-identity', file: 'src/constant-time.spec.ts' },
  }),
  mutant({
    name: 'secret-logged',
    promise: 'values under keys that sound secret never reach a log',
    file: 'libs/observability/src/redact.ts',
    edits: [
      ["? '[redacted]' : redactValue(value, depth);", '? redactValue(value, depth) : redactValue(value, depth);'],
    ],
    suite: { project: 'libs/observability', file: 'src/logger.spec.ts' },
  }),
  mutant({
    name: 'audience-unchecked',
    promise: 'a token for another audience is refused',
    file: 'libs/service-kit/src/auth/token-verifier.ts',
    edits: [['        audience: this.#settings.audience,\n', '']],
    suite: { project: 'libs/service-kit', file: 'test/operator-tokens.it.ts' },
  }),
  mutant({
    name: 'lost-update',
    promise: 'a change made on an older version is refused',
    file: 'libs/service-kit/src/http/etag.ts',
    edits: [
      [
        "if (demanded === '*' || demanded.has(currentVersion)) return;",
        "if (demanded === '*' || demanded.size > 0) return;",
      ],
    ],
    suite: { project: 'apps/device-registry', file: 'test/devices.it.ts' },
  }),
  mutant({
    name: 'registry-of-another-tenant',
    promise: 'an operator of one tenant never touches a device of another',
    file: 'apps/device-registry/src/persistence/devices.repository.ts',
    edits: [
      ['return tx.findOneBy(DeviceEntity, { tenant, device });', 'return tx.findOneBy(DeviceEntity, { device });'],
    ],
    suite: { project: 'apps/device-registry', file: 'test/tenancy.it.ts' },
  }),
];
