import { fileURLToPath } from 'node:url';

export type ServiceName = 'device-registry' | 'ingest-gateway' | 'telemetry' | 'alerting' | 'firmware-rollout';

/** The services of a system, by the place of their compiled entry modules; nothing of them is imported. */
export interface ServiceDeclaration {
  readonly name: ServiceName;
  readonly port: number;
  readonly portVariable: string;
  readonly hasDatabase: boolean;
  /** Variables that name a folder, each with its place among what is kept between runs. */
  readonly folders?: Readonly<Record<string, string>>;
  /** What it is told of this process's environment. */
  readonly passedOn?: readonly string[];
}

export const services: readonly ServiceDeclaration[] = [
  { name: 'device-registry', port: 7081, portVariable: 'REGISTRY_PORT', hasDatabase: true },
  { name: 'ingest-gateway', port: 7080, portVariable: 'GATEWAY_PORT', hasDatabase: false },
  { name: 'telemetry', port: 7082, portVariable: 'TELEMETRY_PORT', hasDatabase: true },
  {
    name: 'alerting',
    port: 7083,
    portVariable: 'ALERTING_PORT',
    hasDatabase: true,
    passedOn: [
      ...['EXTERNAL_URL', 'WEBHOOK_SIGNING_KEYS', 'NOTIFICATION_ALLOWED_ADDRESSES'],
      ...['SMTP_HOST', 'SMTP_PORT', 'SMTP_TLS', 'SMTP_FROM', 'SMTP_USER', 'SMTP_PASSWORD'],
    ],
  },
  {
    name: 'firmware-rollout',
    port: 7084,
    portVariable: 'FIRMWARE_PORT',
    hasDatabase: true,
    folders: { ARTIFACT_FOLDER: 'artifacts', ARTIFACT_SPOOL: 'artifacts/spool' },
    passedOn: ['DEVICE_URL'],
  },
];

export function passedOn({ passedOn: names = [] }: ServiceDeclaration, env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

export const workspaceFolder = fileURLToPath(new URL('../../..', import.meta.url));

export function entryOf(service: string, program: 'main' | 'migrate'): string {
  return `${workspaceFolder}apps/${service}/dist/${program}.js`;
}
