import { deviceStateV1, gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import { aDeviceState, aMeasurement } from '@myelin/testing';

/** Of all that is here. */
export const tenant = 'acme';

/** @param changes null = the device is removed */
export function deviceState(device: string, version: number, changes: object | null = {}): EncodedRecord {
  const payload = changes === null ? null : aDeviceState({ tenant, device, version, ...changes });
  return encodeEvent({ contract: deviceStateV1, key: `${tenant}/${device}`, payload, version }, '/registry/test');
}

export function report(device: string, temperature: number): EncodedRecord {
  const payload = aMeasurement({ values: { temperature } });
  const headers = { 'myelin-device-index': '1', 'myelin-retention-class': 'standard', 'myelin-profile': 'thermometer' };
  const event = { contract: measurementReportedV1, key: `${tenant}/${device}`, payload, headers };
  return encodeEvent(event, '/gateways/test');
}

/** Of both partitions. @param atMs the gateway's clock */
export function ticks(atMs: number): EncodedRecord[] {
  return [0, 1].map((partition) => {
    const event = { contract: gatewayTickedV1, key: 'gateway-0', payload: { instance: 'gateway-0', atMs } };
    return { ...encodeEvent(event, '/gateways/test'), partition };
  });
}
