import { Body, Controller, Headers, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, Roles, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { DeviceView } from '../../devices/device.dto.js';
import { NewDeviceBody } from '../../devices/new-device.dto.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { createDevice } from './create-device.handler.js';

const keyForm = /^[\x21-\x7e]{1,128}$/;

@ApiTags('devices')
@Controller('v1/devices')
export class CreateDeviceController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({ summary: 'Registers a device' })
  @Roles('operator')
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Kept for 24 h: the same key with the same body gives the same answer, with another body 422.',
  })
  @ApiCreatedResponse({ type: DeviceView })
  async create(
    @CurrentOperator() operator: Operator,
    @Body() body: NewDeviceBody,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeviceView> {
    if (idempotencyKey !== undefined && !keyForm.test(idempotencyKey)) {
      throw problems.invalid('/Idempotency-Key', 'must be 1 to 128 visible ASCII characters');
    }
    const { view, replayed } = await createDevice(this.registry, operator, { body, idempotencyKey });
    if (replayed) reply.header('Idempotency-Replayed', 'true');
    reply.header('Location', `/v1/devices/${encodeURIComponent(view.device)}`);
    return versionedAnswer(reply, view);
  }
}
