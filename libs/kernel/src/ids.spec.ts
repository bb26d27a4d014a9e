import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IdError, deviceId, deviceKey, isDeviceId, isTenantId, parseDeviceKey, tenantId } from './ids.js';

const letters = [...'ABCXYZabcxyz0189'];
const anyTenant = fc.string({ unit: fc.constantFrom(...letters, '_', '-'), minLength: 1, maxLength: 64 });
const anyDevice = fc.string({ unit: fc.constantFrom(...letters, '.', '_', ':', '-'), minLength: 1, maxLength: 128 });

describe('tenant ids', () => {
  test.each(['DEFAULT', 'acme', 'a', '_-9', 'x'.repeat(64)])('%s is one', (text) => {
    expect(tenantId(text)).toBe(text);
  });

  test.each(['', 'a/b', 'a.b', 'a b', 'ä', 'a\n', 'x'.repeat(65)])('%j is none', (text) => {
    expect(isTenantId(text)).toBe(false);
    expect(() => tenantId(text)).toThrow(expect.objectContaining({ code: 'id.tenant-invalid', retryable: false }));
  });
});

describe('device ids', () => {
  test.each(['sensor-17', 'urn:dev:mac:0024befffe804ff1', 'A.b_c', 'x'.repeat(128)])('%s is one', (text) => {
    expect(deviceId(text)).toBe(text);
  });

  test.each(['', 'a/b', 'a%2Fb', 'a b', 'é', '\n', 'a\n', 'x'.repeat(129)])('%j is none', (text) => {
    expect(isDeviceId(text)).toBe(false);
    expect(() => deviceId(text)).toThrow(expect.objectContaining({ code: 'id.device-invalid', retryable: false }));
  });
});

describe('device keys', () => {
  test('lead back to their tenant and device, so two devices never share one', () => {
    fc.assert(
      fc.property(anyTenant, anyDevice, (tenant, device) => {
        expect(parseDeviceKey(deviceKey(tenantId(tenant), deviceId(device)))).toEqual({ tenant, device });
      }),
    );
  });

  test.each(['', '/', 'acme', 'acme/', '/sensor', 'acme/a/b', 'ac.me/sensor', 'acme/sen sor'])('%j is none', (text) => {
    expect(() => parseDeviceKey(text)).toThrow(IdError);
    expect(() => parseDeviceKey(text)).toThrow(expect.objectContaining({ code: 'id.device-key-invalid' }));
  });

  test('whatever is taken apart gives itself when put together', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(anyTenant, anyDevice).map((parts) => parts.join('/')),
        ),
        (text) => {
          try {
            const { tenant, device } = parseDeviceKey(text);
            expect(deviceKey(tenant, device)).toBe(text);
          } catch (error) {
            expect(error).toBeInstanceOf(IdError);
          }
        },
      ),
    );
  });
});
