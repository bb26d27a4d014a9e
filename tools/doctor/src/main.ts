import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ConfigError } from '@myelin/config';
import { CodedError, describeError } from '@myelin/kernel';
import { type DoctorConfig, doctorConfig } from './doctor-config.js';
import { examine } from './examine.js';
import { type Finding, error } from './finding.js';
import { withoutSecrets } from './without-secrets.js';

const help = `Looks at this machine and at the deployment that the environment names, and says what is wrong and what to do.

  npm run doctor -- [--json]

  --json   the last line of the output is {"ok":...,"findings":[{"check","status","detail","remedy"},...]}

Reads what the services read: KAFKA_BROKERS, KAFKA_NAMESPACE, DATABASE_URL, OIDC_ISSUER, OTEL_EXPORTER_OTLP_ENDPOINT, ARTIFACT_FOLDER.
Without any of them it looks at the machine alone. Changes nothing. Exit code 0, or 1 where something is an error, 2 for wrong options.
`;

async function main(): Promise<number> {
  const options = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  let json: boolean;
  try {
    const { values } = parseArgs({ options, strict: true });
    if (values.help) {
      process.stdout.write(help);
      return 0;
    }
    json = values.json;
  } catch (wrong) {
    process.stderr.write(`${(wrong as Error).message}\n\n${help}`);
    return 2;
  }
  const workspaceFolder = fileURLToPath(new URL('../../..', import.meta.url));
  const config = configured();
  const findings = 'check' in config ? [config] : await examine({ config, workspaceFolder });
  const isWell = findings.every(({ status }) => status !== 'error');
  for (const finding of findings) process.stdout.write(`${lineOf(finding)}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ ok: isWell, findings })}\n`);
  else process.stdout.write(isWell ? '\nnothing is broken\n' : '\nsomething is broken: see the errors above\n');
  return isWell ? 0 : 1;
}

/** What the environment says, or what is wrong with that: then nothing can be looked at. */
function configured(): DoctorConfig | Finding {
  try {
    return doctorConfig();
  } catch (wrong) {
    if (!(wrong instanceof ConfigError)) throw wrong;
    return error('configuration', withoutSecrets(wrong.message), 'correct these variables');
  }
}

function lineOf({ check, status, detail, remedy }: Finding): string {
  const line = `${status.padEnd(8)}${check.padEnd(22)}${detail}`;
  return remedy === '' ? line : `${line}\n${' '.repeat(30)}-> ${remedy}`;
}

main().then(
  // What a check has left open shall not hold up the end.
  (code) => process.exit(code),
  (thrown: unknown) => {
    process.stderr.write(`${withoutSecrets(thrown instanceof CodedError ? thrown.message : describeError(thrown))}\n`);
    process.exit(1);
  },
);
