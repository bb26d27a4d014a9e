import { describe, expect, test } from '@jest/globals';
import {
  deviceCredentialsV1,
  deviceStateV1,
  measurementReportedV1,
  profileStateV1,
  siteStateV1,
  tenantStateV1,
} from '@myelin/contracts';
import { aMeasurement } from './measurement.builder.js';
import { aDeviceState, aProfile, aSite, aTenant, someDeviceCredentials } from './registry.builder.js';

describe('builders', () => {
  test.each([
    ['a measurement', measurementReportedV1.strict(aMeasurement())],
    ['several measurements', measurementReportedV1.strict([aMeasurement(), aMeasurement({ values: { door: true } })])],
    ['a device', deviceStateV1.strict(aDeviceState({ device: 'pump-1', lifecycle: 'suspended' }))],
    ['credentials', deviceCredentialsV1.strict(someDeviceCredentials({ credentials: [] }))],
    ['a profile', profileStateV1.strict(aProfile({ unknownMetrics: 'keep' }))],
    ['a site', siteStateV1.strict(aSite())],
    ['a tenant', tenantStateV1.strict(aTenant())],
  ])('%s is valid for producers', (_what, validation) => {
    expect(validation).toMatchObject({ ok: true });
  });

  test('two measurements are never the same', () => {
    expect(aMeasurement().seq).not.toBe(aMeasurement().seq);
  });
});
