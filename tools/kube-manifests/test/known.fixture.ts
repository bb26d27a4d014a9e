import type { ConfigSchema } from '@myelin/config';
import { events } from '@myelin/contracts';
import { observabilityConfig } from '@myelin/observability';
import type { Known } from '../src/policies/policy.js';
import { services } from '../src/services.js';

interface BuiltConfig {
  readonly configSchema: ConfigSchema;
  readonly migrationConfigSchema?: ConfigSchema;
}

/** What the built services declare; no room imports an app, so the shape of it is stated here. */
export async function known(): Promise<Known> {
  const schemas = await Promise.all(
    services.map(async ({ name }) => {
      const { href } = new URL(`../../../apps/${name}/dist/config.js`, import.meta.url);
      const { configSchema, migrationConfigSchema } = (await import(href)) as BuiltConfig;
      const migration = migrationConfigSchema === undefined ? {} : { migration: migrationConfigSchema };
      return [name, { service: configSchema, ...migration }] as const;
    }),
  );
  const ofObservability = Object.values(observabilityConfig).map(({ name }) => name);
  return { schemas: new Map(schemas), everywhere: new Set([...ofObservability, 'NODE_OPTIONS']), events };
}
