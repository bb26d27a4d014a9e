import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { DoctorConfig } from '../doctor-config.js';
import type { Check } from '../examine.js';
import { type Finding, error, ok, warning } from '../finding.js';
import { reasonOf } from '../without-secrets.js';

const patienceMs = 3_000;
const soonDays = 21;
const dayMs = 86_400_000;

interface Endpoint {
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** PostgreSQL is asked before whether it speaks TLS. */
  readonly asks: boolean;
}

/** The certificates of every endpoint that is reached by TLS: trusted, and for how long. */
export const certificates: Check = async ({ config, now }) =>
  Promise.all(endpointsOf(config).map((endpoint) => oneEndpoint(endpoint, now())));

function endpointsOf({ oidcIssuer, otlpEndpoint, databaseUrl }: DoctorConfig): Endpoint[] {
  const https = [
    ['the issuer', oidcIssuer],
    ['the collector', otlpEndpoint],
  ] as const;
  const found = https.flatMap(([what, address]) => {
    if (address === undefined || !address.startsWith('https:')) return [];
    const { hostname, port } = new URL(address);
    return [{ what, host: hostname, port: Number(port || 443), asks: false }];
  });
  if (databaseUrl === undefined || !URL.canParse(databaseUrl)) return found;
  const { hostname, port, searchParams } = new URL(databaseUrl);
  const mode = searchParams.get('sslmode') ?? 'disable';
  if (mode === 'disable') return found;
  return [...found, { what: 'the database', host: hostname, port: Number(port || 5432), asks: true }];
}

async function oneEndpoint(endpoint: Endpoint, nowMs: number): Promise<Finding> {
  const { what, host, port } = endpoint;
  const remedy = `see for yourself: openssl s_client -connect ${host}:${port} -servername ${host}${endpoint.asks ? ' -starttls postgres' : ''} </dev/null`;
  try {
    const { validTo, distrust } = await certificateOf(endpoint);
    return judgeCertificate(`${what} at ${host}:${port}`, { validToMs: Date.parse(validTo), distrust, nowMs }, remedy);
  } catch (thrown) {
    return error(
      'certificates',
      `the certificate of ${what} at ${host}:${port} cannot be seen: ${reasonOf(thrown)}`,
      remedy,
    );
  }
}

export function judgeCertificate(
  whose: string,
  {
    validToMs,
    distrust,
    nowMs,
  }: { readonly validToMs: number; readonly distrust: string | undefined; readonly nowMs: number },
  remedy: string,
): Finding {
  const days = Math.floor((validToMs - nowMs) / dayMs);
  const until = Number.isNaN(validToMs) ? 'an unknown date' : new Date(validToMs).toISOString().slice(0, 10);
  if (validToMs < nowMs) return error('certificates', `the certificate of ${whose} ended on ${until}`, 'renew it');
  if (distrust !== undefined) {
    const trust = `set NODE_EXTRA_CA_CERTS to the authority's certificate, or renew it; ${remedy}`;
    return error('certificates', `the certificate of ${whose} is not trusted: ${distrust}`, trust);
  }
  if (days < soonDays)
    return warning('certificates', `the certificate of ${whose} ends on ${until}, in ${days} days`, 'renew it');
  return ok('certificates', `the certificate of ${whose} holds until ${until}`);
}

interface SeenCertificate {
  readonly validTo: string;
  /** Why Node would refuse it. */
  readonly distrust: string | undefined;
}

function certificateOf(endpoint: Endpoint): Promise<SeenCertificate> {
  const { host, port, asks } = endpoint;
  return new Promise((resolve, reject) => {
    const plain = connectTcp({ host, port });
    const late = setTimeout(() => fail(new Error(`no answer within ${patienceMs / 1_000} s`)), patienceMs);
    const fail = (failure: Error): void => {
      clearTimeout(late);
      plain.destroy();
      reject(failure);
    };
    plain.once('error', fail);
    const secure = (): void => {
      // It is looked at even where it is not trusted.
      const socket: TLSSocket = connectTls({ socket: plain, servername: host, rejectUnauthorized: false }, () => {
        const { valid_to: validTo } = socket.getPeerCertificate();
        const refusal: unknown = socket.authorizationError;
        clearTimeout(late);
        socket.destroy();
        resolve({ validTo, distrust: socket.authorized ? undefined : textOf(refusal) });
      });
      socket.once('error', fail);
    };
    plain.once('connect', () => {
      if (!asks) return secure();
      plain.write(sslRequest());
      plain.once('data', (answer: Buffer) => {
        if (answer.toString('latin1', 0, 1) === 'S') secure();
        else fail(new Error('it speaks no TLS'));
      });
    });
  });
}

const textOf = (refusal: unknown): string => (refusal instanceof Error ? refusal.message : String(refusal));

/** PostgreSQL's protocol, 54.2.11: length, and a number in place of the protocol's version. */
function sslRequest(): Buffer {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(80_877_103, 4);
  return request;
}
