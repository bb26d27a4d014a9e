import type { Check } from '../examine.js';
import { type Finding, error, info, ok } from '../finding.js';
import { placeOf, reasonOf } from '../without-secrets.js';
import { clockFinding } from './clock-skew.js';

const patienceMs = 3_000;
/** Larger answers are none of an issuer. */
const maxBytes = 1 << 20;

/** Whether operators' tokens can be checked: the issuer's discovery document, its keys, its clock. */
export const issuer: Check = async ({ config, now }) => {
  const { oidcIssuer } = config;
  if (oidcIssuer === undefined) {
    return [info('issuer', 'OIDC_ISSUER is not set: no issuer is looked at', 'npm run stack -- up')];
  }
  const place = placeOf(oidcIssuer);
  const address = `${oidcIssuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const askedMs = now();
  let answer: Answer;
  try {
    answer = await jsonOf(address);
  } catch (thrown) {
    const remedy = `start the issuer or correct OIDC_ISSUER; see for yourself: curl -s ${address}`;
    return [error('issuer', `the discovery document of ${place} cannot be read: ${reasonOf(thrown)}`, remedy)];
  }
  const answeredMs = now();
  const theirsMs = Date.parse(answer.date ?? '');
  const clock = { askedMs, theirsMs, answeredMs, resolutionMs: 1_000 };
  return [
    ...(await documentFindings(oidcIssuer, answer.body)),
    ...(Number.isNaN(theirsMs) ? [] : [clockFinding('issuer.clock', `the issuer at ${place}`, clock)]),
  ];
};

async function documentFindings(oidcIssuer: string, document: Readonly<Record<string, unknown>>): Promise<Finding[]> {
  if (document['issuer'] !== oidcIssuer) {
    const detail = `the issuer calls itself ${String(document['issuer'])}, OIDC_ISSUER is ${oidcIssuer}: no token will be taken`;
    return [error('issuer', detail, `set OIDC_ISSUER=${String(document['issuer'])}`)];
  }
  const keysAddress = document['jwks_uri'];
  if (typeof keysAddress !== 'string') {
    return [error('issuer.keys', 'the discovery document has no jwks_uri', 'correct the configuration of the issuer')];
  }
  try {
    const { keys } = (await jsonOf(keysAddress)).body;
    const count = Array.isArray(keys) ? keys.length : 0;
    if (count > 0) return [ok('issuer', `the issuer at ${placeOf(oidcIssuer)} has ${count} keys`)];
    return [error('issuer.keys', `there is no key at ${keysAddress}`, 'give the issuer a key to sign with')];
  } catch (thrown) {
    const detail = `the keys at ${keysAddress} cannot be read: ${reasonOf(thrown)}`;
    return [error('issuer.keys', detail, `see for yourself: curl -s ${keysAddress}`)];
  }
}

interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  readonly date: string | null;
}

async function jsonOf(address: string): Promise<Answer> {
  const response = await fetch(address, { signal: AbortSignal.timeout(patienceMs) });
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  if (text.length > maxBytes) throw new Error('the answer is too long');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error('the answer is no JSON');
  }
  if (typeof body !== 'object' || body === null) throw new Error('the answer is no JSON object');
  return { body: body as Readonly<Record<string, unknown>>, date: response.headers.get('date') };
}
