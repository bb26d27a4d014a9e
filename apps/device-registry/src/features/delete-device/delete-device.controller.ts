import { Controller, Delete, Headers, HttpCode, Param } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { Registry } from '../../registry.js';
import { deviceParameter } from '../../validation/path-parameter.pipes.js';
import { removeDevice } from './delete-device.handler.js';

@ApiTags('devices')
@Controller('v1/devices')
export class DeleteDeviceController {
  constructor(private readonly registry: Registry) {}

  @Delete(':device')
  @ApiOperation({ summary: 'Deletes a device with its credentials' })
  @Roles('operator')
  @HttpCode(204)
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiNoContentResponse()
  async remove(
    @CurrentOperator() operator: Operator,
    @Param('device', deviceParameter) device: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await removeDevice(this.registry, operator, { device, ifMatch });
  }
}
