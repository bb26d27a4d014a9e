import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Firmware } from '../../firmware.js';
import { listDeviceAssignments } from '../../persistence/device-assignments.repository.js';
import { findKnownDevice } from '../../persistence/device-seen.repository.js';
import { problems } from '../../problems.js';
import { DeviceAssignmentList, deviceAssignmentView, shownAssignments } from './device-assignments.dto.js';
import { deviceParameter } from './path-parameters.js';

/** Where to begin when it is known of a device alone that something is wrong with it. */
@ApiTags('devices')
@Controller('v1/devices/:device/assignments')
export class DeviceAssignmentsController {
  constructor(private readonly firmware: Firmware) {}

  @Get()
  @ApiOperation({
    summary: 'Every rollout that has planned a device, and what became of it there, the latest change first',
  })
  @Roles('viewer')
  @ApiOkResponse({ type: DeviceAssignmentList })
  list(
    @CurrentOperator() { tenant }: Operator,
    @Param('device', deviceParameter) device: string,
  ): Promise<DeviceAssignmentList> {
    return this.firmware.read(async (db) => {
      const found = await listDeviceAssignments(db, { tenant, device }, shownAssignments);
      if (found.length === 0 && (await findKnownDevice(db, { tenant, device })) === undefined)
        throw problems.notFound('device');
      return { items: found.map(deviceAssignmentView) };
    });
  }
}
