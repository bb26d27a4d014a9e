import { type ConfigOf, type Environment, defineConfig, list, loadConfig, secret, text, url } from '@myelin/config';

/** What the services read, as far as the doctor looks at it. Nothing has a default: what is not named is not looked at. */
const schema = defineConfig({
  brokers: list('KAFKA_BROKERS', { optional: true }),
  kafkaNamespace: text('KAFKA_NAMESPACE', { default: '' }),
  databaseUrl: secret('DATABASE_URL', { optional: true }),
  oidcIssuer: url('OIDC_ISSUER', { optional: true }),
  otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', { optional: true }),
  /** `name=value,...`, for a collector that wants credentials. */
  otlpHeaders: secret('OTEL_EXPORTER_OTLP_HEADERS', { default: '' }),
  artifactFolder: text('ARTIFACT_FOLDER', { optional: true }),
});

export type DoctorConfig = ConfigOf<typeof schema>;

/** @throws ConfigError with every problem at once; values of secrets are not in it */
export function doctorConfig(env: Environment = process.env): DoctorConfig {
  return loadConfig(schema, env);
}
