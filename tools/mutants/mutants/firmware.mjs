import { mutant } from '../mutant.mjs';

const firmware = (file, name) => ({ project: 'apps/firmware-rollout', file, name });
const domain = 'apps/firmware-rollout/src/domain';
const persistence = 'apps/firmware-rollout/src/persistence';

export const firmwareMutants = [
  mutant({
    name: 'two-instructions-at-once',
    promise: 'a device never has two active assignments',
    file: `${persistence}/migrations/1795828800000-confirmation.ts`,
    edits: [['CREATE UNIQUE INDEX assignment_active', 'CREATE INDEX assignment_active']],
    suite: firmware('test/assignments.it.ts'),
  }),
  mutant({
    name: 'counts-only-grow',
    promise: 'counts are what devices are, whatever happens to them',
    file: 'apps/firmware-rollout/src/assignments/apply-event.ts',
    edits: [['      { ...countedAs(before), wave, devices: -1 },\n', '']],
    suite: firmware('test/assignments.it.ts'),
  }),
  mutant({
    name: 'folding-loses-ones',
    promise: 'folding changes no count',
    file: `${persistence}/assignment-counts.repository.ts`,
    edits: [
      [
        'FROM gone GROUP BY wave, state, reason HAVING sum(devices) <> 0',
        'FROM gone GROUP BY wave, state, reason HAVING sum(devices) > 1',
      ],
    ],
    suite: firmware('test/assignments.it.ts'),
  }),
  mutant({
    name: 'late-report-takes-back',
    promise: 'a report that comes late takes no device back',
    file: `${domain}/assignments/assignment-transitions.ts`,
    edits: [['workingStates.indexOf(to) > workingStates.indexOf(from)', 'to !== from']],
    suite: firmware('src/domain/assignments/change-assignment.spec.ts'),
  }),
  mutant({
    name: 'given-up-at-once',
    promise: 'who may still be at it is asked to stop before it is given up',
    file: `${domain}/assignments/assignment-transitions.ts`,
    edits: [["'time-out': go('cancelling', 'show-cancel'),", "'time-out': go('failed', 'show-nothing'),"]],
    suite: firmware('src/domain/assignments/change-assignment.spec.ts'),
  }),
  mutant({
    name: 'weights-ignored',
    promise: 'of two rollouts that want a device the heavier one has it first',
    file: `${domain}/assignments/choose-for-device.ts`,
    edits: [['  if (a.weight !== b.weight) return a.weight > b.weight;\n', '']],
    suite: firmware('src/domain/assignments/choose-for-device.spec.ts'),
  }),
  mutant({
    name: 'speed-forgotten',
    promise: 'no more devices a minute than the rollout may',
    file: `${domain}/rollouts/speed.ts`,
    edits: [['Math.min(perMinute - lately.inMinute, perBurst - lately.inBurst)', 'Math.min(perMinute, perBurst)']],
    suite: firmware('test/rollout-engine.it.ts'),
  }),
  mutant({
    name: 'failing-canary-goes-on',
    promise: 'a rollout of which too many fail pauses by itself',
    file: `${domain}/rollouts/pause-conditions.ts`,
    edits: [
      [
        'return total > 0 && unsuccessful >= minimumFailures && share > above;',
        'return unsuccessful > minimumFailures * 100 && share > above;',
      ],
    ],
    suite: firmware('test/rollout-engine.it.ts'),
  }),
  mutant({
    name: 'registry-state-of-yesterday',
    promise: 'an older state of a device does not replace a newer one',
    file: `${persistence}/devices.repository.ts`,
    edits: [['WHERE EXCLUDED.version > d.version', 'WHERE EXCLUDED.version <> d.version']],
    suite: firmware('test/follow-devices.it.ts'),
  }),
  mutant({
    name: 'revoked-key-vouches',
    promise: 'a revoked key vouches for nothing',
    file: `${domain}/manifests/verify-signatures.ts`,
    edits: [['counted.includes(key.state)', 'counted.length > 0']],
    suite: firmware('test/release-trust.it.ts'),
  }),
  mutant({
    name: 'wrong-bytes-accepted',
    promise: 'an upload whose digest is not the declared one is no artifact',
    file: 'apps/firmware-rollout/src/features/upload-artifact/complete-artifact.ts',
    edits: [
      [
        'expectedSha256 !== null && expectedSha256 !== sha256',
        'expectedSha256 !== null && expectedSha256.length !== sha256.length',
      ],
    ],
    suite: firmware('test/artifact-uploads.it.ts'),
  }),
  mutant({
    name: 'upload-anywhere',
    promise: 'a piece of an upload is taken only where the upload is',
    file: 'apps/firmware-rollout/src/features/upload-artifact/append-upload.handler.ts',
    edits: [['if (file.size !== offset) throw', 'if (file.size > offset + 1_000_000) throw']],
    suite: firmware('test/artifact-uploads.it.ts'),
  }),
  mutant({
    name: 'corrupt-blob-served',
    promise: 'bytes that are not those of their digest are not served from memory',
    file: 'apps/firmware-rollout/src/artifacts/artifact-cache.ts',
    edits: [["if (length !== size || hash.digest('hex') !== sha256)", 'if (length !== size)']],
    suite: firmware('src/artifacts/artifact-cache.spec.ts'),
  }),
];
