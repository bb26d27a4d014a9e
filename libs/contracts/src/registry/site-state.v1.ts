import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Metadata, Slug, Tenant, TimeZone, Version } from './shared.js';

export const siteStateTopic = defineTopic({
  name: 'myelin.registry.site-state.v1',
  owner: 'device-registry',
  ...stateTopicDefaults,
  summary: 'Where devices stand.',
});

export const siteStateV1 = defineEvent({
  name: 'site-state',
  area: 'registry',
  version: 1,
  topic: siteStateTopic,
  key: 'site',
  summary: 'The complete current state of one site; a tombstone when it is deleted.',
  schema: Type.Object(
    {
      tenant: Tenant,
      site: Slug,
      /** WGS 84 degrees. */
      position: Type.Optional(
        Type.Object(
          {
            lat: Type.Number({ minimum: -90, maximum: 90 }),
            lon: Type.Number({ minimum: -180, maximum: 180 }),
          },
          { additionalProperties: false },
        ),
      ),
      timeZone: TimeZone,
      metadata: Metadata,
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    site: 'plant-1',
    position: { lat: 52.52, lon: 13.405 },
    timeZone: 'Europe/Berlin',
    metadata: {},
    version: 1,
  },
  exampleKey: 'acme/plant-1',
  headers: { 'myelin-version': "the entity's version, also on a tombstone" },
  consumers: [{ kind: 'table', service: 'alerting' }],
});
