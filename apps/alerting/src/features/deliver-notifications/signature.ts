import { createHmac } from 'node:crypto';

/**
 * The headers of the Standard Webhooks specification: HMAC-SHA256 over `<id>.<timestamp>.<body>`. The id is the same for
 * every try, so a receiver that keeps those it has handled handles nothing twice; the timestamp is that of the try, so
 * a receiver can refuse what somebody recorded and plays again.
 * @param key `whsec_` and the base64 of 24 to 64 random bytes
 */
export function signatureHeaders(key: string, id: string, atMs: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const secret = Buffer.from(key.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    ...{ 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` },
    'idempotency-key': id,
  };
}
