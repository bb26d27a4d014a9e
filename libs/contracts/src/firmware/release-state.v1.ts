import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { mapOf } from '../definition/map-of.js';
import { Instant, Slug, Tenant, Version } from '../registry/shared.js';

export const releaseStateTopic = defineTopic({
  name: 'myelin.firmware.release-state.v1',
  owner: 'firmware-rollout',
  ...stateTopicDefaults,
  summary: 'Every release of firmware that is or was published.',
});

const FirmwareVersion = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}$' });

const Artifact = Type.Object(
  {
    filename: Type.String({ minLength: 1, maxLength: 128 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** In bytes. */
    size: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);

export const releaseStateV1 = defineEvent({
  name: 'release-state',
  area: 'firmware',
  version: 1,
  topic: releaseStateTopic,
  key: 'release',
  summary:
    'The complete current state of one release that is or was published. Drafts are not told of, and a published release is never ' +
    'removed: there are no tombstones. Its content never changes; its state and its trust do.',
  schema: Type.Object(
    {
      tenant: Tenant,
      release: Slug,
      /** Of the entity, not of the firmware: strictly grows. */
      revision: Version,
      updatedAt: Instant,
      /** `revoked` is final. */
      state: Type.Union([Type.Literal('published'), Type.Literal('revoked')]),
      /**
       * `signed` by as many keys as the profile demands, `unsigned` where that is accepted, or `untrusted`: a key was revoked, or the
       * profile demands more. Says nothing about expiry: see `manifestExpiresAt`.
       */
      trust: Type.Union([Type.Literal('signed'), Type.Literal('unsigned'), Type.Literal('untrusted')]),
      version: FirmwareVersion,
      profile: Slug,
      /** `<board>:<revision>` */
      hardware: Type.Array(Type.String({ minLength: 3, maxLength: 129 }), { minItems: 1, maxItems: 32 }),
      /** What a device must run already. */
      minimumVersion: Type.Optional(FirmwareVersion),
      /** Type of the chunk in the update protocol. */
      part: Type.String({ minLength: 1, maxLength: 32 }),
      artifacts: Type.Array(Artifact, { minItems: 1, maxItems: 16 }),
      /** Shown to devices. */
      metadata: mapOf('^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', Type.String({ maxLength: 512 }), { maxProperties: 32 }),
      /** Absent without a manifest. */
      releaseCounter: Type.Optional(Type.Integer({ minimum: 1 })),
      /** From then on it is not rolled out any more. */
      manifestExpiresAt: Type.Optional(Instant),
      publishedAt: Instant,
      /** Why it was revoked. */
      reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024 })),
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    release: 'thermometer-2.4.1',
    revision: 4,
    updatedAt: '2026-11-27T08:00:00.000Z',
    state: 'published',
    trust: 'signed',
    version: '2.4.1',
    profile: 'thermometer',
    hardware: ['board:1.0'],
    minimumVersion: '2.0.0',
    part: 'os',
    artifacts: [
      {
        filename: 'thermometer-2.4.1.swu',
        sha256: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
        size: 8_388_608,
      },
    ],
    metadata: {},
    releaseCounter: 42,
    manifestExpiresAt: '2028-11-27T00:00:00.000Z',
    publishedAt: '2026-11-27T08:00:00.000Z',
  },
  exampleKey: 'acme/thermometer-2.4.1',
  headers: { 'myelin-version': "the entity's revision" },
  consumers: [],
});
