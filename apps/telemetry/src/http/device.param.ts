import { type TenantId, deviceIdPattern } from '@myelin/kernel';
import { Problem } from '@myelin/service-kit';
import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import type { DeviceRepository, DeviceScope } from '../persistence/device.repository.js';

export class DeviceParam {
  @ApiProperty({ pattern: deviceIdPattern })
  @Matches(new RegExp(deviceIdPattern))
  device!: string;
}

/** @throws Problem 404 device-not-found; also for devices of other tenants */
export async function deviceScope(devices: DeviceRepository, tenant: TenantId, device: string): Promise<DeviceScope> {
  const scope = (await devices.scopes(tenant, [device])).get(device);
  if (scope !== undefined) return scope;
  throw new Problem({
    status: 404,
    type: 'device-not-found',
    title: 'No such device has reported',
    detail: 'No measurement of a device with this id has arrived.',
  });
}
