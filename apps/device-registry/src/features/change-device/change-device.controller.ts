import { Body, Controller, Headers, Param, Patch, Res } from '@nestjs/common';
import { ApiConsumes, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, Roles, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { DeviceView, deviceView } from '../../devices/device.dto.js';
import { Registry } from '../../registry.js';
import { deviceParameter } from '../../validation/path-parameter.pipes.js';
import { changeDevice } from './change-device.handler.js';
import { DevicePatch } from './device-patch.dto.js';

@ApiTags('devices')
@Controller('v1/devices')
export class ChangeDeviceController {
  constructor(private readonly registry: Registry) {}

  @Patch(':device')
  @ApiOperation({ summary: 'Changes a device: site, profile, labels, metadata' })
  @Roles('operator')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiOkResponse({ type: DeviceView })
  async change(
    @CurrentOperator() operator: Operator,
    @Param('device', deviceParameter) device: string,
    @Body() patch: DevicePatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeviceView> {
    const { row, timeZone } = await changeDevice(this.registry, operator, { device, patch, ifMatch });
    return versionedAnswer(reply, deviceView(row, timeZone));
  }
}
