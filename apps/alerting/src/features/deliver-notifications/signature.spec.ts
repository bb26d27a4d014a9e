import { expect, test } from '@jest/globals';
import { signatureHeaders } from './signature.js';

test('a signature is that of the Standard Webhooks specification', () => {
  // The vector of its reference libraries.
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const headers = signatureHeaders(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_999, '{"test": 2432232314}');
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    'idempotency-key': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  });
});
