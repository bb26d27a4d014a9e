import { deviceId, deviceKey, isDeviceId, tenantId } from '@myelin/kernel';
import { CurrentOperator, type Operator, PathParameterPipe, Roles } from '@myelin/service-kit';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Firmware } from '../../firmware.js';
import { findKnownDevice } from '../../persistence/device-seen.repository.js';
import { problems } from '../../problems.js';
import { LastSeen } from './last-seen.js';
import { Polls } from './poll.js';
import { UpdateStateView, updateStateView } from './update-state.dto.js';

@ApiTags('devices')
@Controller('v1/devices')
@Roles('viewer')
export class UpdateStateController {
  constructor(
    private readonly firmware: Firmware,
    private readonly lastSeen: LastSeen,
    private readonly polls: Polls,
  ) {}

  @Get(':device/update-state')
  @ApiOperation({ summary: 'What a device is told, what it runs, and when it was heard last' })
  @ApiOkResponse({ type: UpdateStateView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('device', new PathParameterPipe('device', isDeviceId)) device: string,
  ): Promise<UpdateStateView> {
    const known = await this.firmware.read((db) => findKnownDevice(db, { tenant, device }));
    if (known === undefined) throw problems.notFound('device');
    const key = deviceKey(tenantId(tenant), deviceId(device));
    const times = [known.seenAt?.getTime(), this.lastSeen.unwrittenMs(key)].filter((ms) => ms !== undefined);
    const lastSeenMs = times.length === 0 ? undefined : Math.max(...times);
    const pollingIntervalMs = this.polls.idleIntervalMs(key);
    return updateStateView(device, known, { lastSeenMs, pollingIntervalMs }, this.firmware.clock.nowMs());
  }
}
