import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiConflictResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, Roles, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { DeviceView, deviceView } from '../../devices/device.dto.js';
import { Registry } from '../../registry.js';
import { deviceParameter } from '../../validation/path-parameter.pipes.js';
import { moveDevice } from './move-device.handler.js';
import { TransitionBody } from './transition.dto.js';

@ApiTags('devices')
@Controller('v1/devices/:device/transitions')
export class MoveDeviceController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({ summary: 'Moves a device to another state of its life: activate, suspend, quarantine, retire' })
  @Roles('operator')
  @HttpCode(200)
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiOkResponse({ type: DeviceView })
  @ApiConflictResponse({ description: '`transition-not-allowed`, with the states that are' })
  async move(
    @CurrentOperator() operator: Operator,
    @Param('device', deviceParameter) device: string,
    @Body() body: TransitionBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeviceView> {
    const { row, timeZone } = await moveDevice(this.registry, operator, { device, body, ifMatch });
    return versionedAnswer(reply, deviceView(row, timeZone));
  }
}
