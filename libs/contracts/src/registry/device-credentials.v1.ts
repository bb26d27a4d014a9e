import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Tenant, Version } from './shared.js';

export const deviceCredentialsTopic = defineTopic({
  name: 'myelin.registry.device-credentials.v1',
  owner: 'device-registry',
  ...stateTopicDefaults,
  summary: 'The live credentials of every device, as hashes. Read by device-facing edges only.',
});

export const deviceCredentialsV1 = defineEvent({
  name: 'device-credentials',
  area: 'registry',
  version: 1,
  topic: deviceCredentialsTopic,
  key: 'device',
  summary:
    'All credentials of one device that are not revoked (at most two); an empty list when none is left. ' +
    'A secret has at least 128 random bits, so a plain SHA-256 of it is enough and cheap to check.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      credentials: Type.Array(
        Type.Object(
          {
            id: Type.String({ format: 'uuid' }),
            kind: Type.Literal('secret'),
            /** SHA-256 of the secret's UTF-8 bytes, base64url without padding. */
            secretSha256: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
            notBefore: Instant,
            notAfter: Type.Optional(Instant),
          },
          { additionalProperties: false },
        ),
        { maxItems: 2 },
      ),
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    credentials: [
      {
        id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
        kind: 'secret',
        secretSha256: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
        notBefore: '2026-11-23T00:00:00.000Z',
      },
    ],
    version: 2,
  },
  exampleKey: 'acme/sensor-17',
  headers: { 'myelin-version': "the version of the device's set of credentials, also on a tombstone" },
  consumers: [
    { kind: 'table', service: 'ingest-gateway' },
    { kind: 'table', service: 'firmware-rollout' },
  ],
});
