import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const configured = ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

function doctor(env: Record<string, string>): Promise<{ readonly code: unknown; readonly output: string }> {
  const rest = Object.fromEntries(Object.entries(process.env).filter(([name]) => !configured.includes(name)));
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, '--json'], { env: { ...rest, ...env } }, (failure, output) =>
      resolve({ code: failure?.code ?? 0, output }),
    );
  });
}

const lastLine = (output: string): unknown => JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');

test('npm run doctor ends well on a machine where nothing is configured, and with 1 where a broker is away or a variable is wrong', async () => {
  const [alone, away, portless, wrong] = await Promise.all([
    doctor({}),
    doctor({ KAFKA_BROKERS: '127.0.0.1:9' }),
    doctor({ KAFKA_BROKERS: 'broker' }),
    doctor({ KAFKA_BROKERS: ',', OIDC_ISSUER: 'nowhere' }),
  ]);
  const findings = (status: string, check = 'kafka'): unknown =>
    expect.arrayContaining([expect.objectContaining({ check, status })]);
  expect({ code: alone.code, last: lastLine(alone.output) }).toEqual({
    code: 0,
    last: { ok: true, findings: findings('info') },
  });
  expect({ code: away.code, last: lastLine(away.output) }).toEqual({
    code: 1,
    last: { ok: false, findings: findings('error') },
  });
  expect(portless.code).toBe(1);
  expect(portless.output).toMatch(/^error +kafka +the broker broker cannot be reached: it is no host:port$/m);
  expect(portless.output).not.toContain('could not be looked at');
  expect({ code: wrong.code, last: lastLine(wrong.output) }).toEqual({
    code: 1,
    last: { ok: false, findings: findings('error', 'configuration') },
  });
}, 60_000);
