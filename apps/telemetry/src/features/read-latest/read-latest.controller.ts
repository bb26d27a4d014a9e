import { type Clock } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags, ApiUnprocessableEntityResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { latestValues } from '../../domain/winners.js';
import { DeviceParam, deviceScope } from '../../http/device.param.js';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { LatestRepository } from '../../persistence/latest.repository.js';
import { clockToken } from '../../tokens.js';
import { LatestAnswer } from './latest.answer.js';

@ApiTags('measurements')
@ApiBearerAuth()
@LimitedQueries()
@Controller('v1/devices/:device/latest')
export class ReadLatestController {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly latest: LatestRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({ summary: 'The latest value of every metric of a device' })
  @ApiOkResponse({ type: LatestAnswer })
  @ApiUnprocessableEntityResponse({
    description: '`answer-too-large`: of a device that reported very many different sets of large values.',
  })
  async read(
    @CurrentOperator() operator: Operator,
    @Param() { device }: DeviceParam,
    @Req() request: FastifyRequest,
  ): Promise<LatestAnswer> {
    wantedType(request, [jsonMediaType]);
    const scope = await deviceScope(this.devices, operator.tenant, device);
    const latest = latestValues(await this.latest.rows(scope, this.clock.nowMs()));
    const metrics = [...latest].sort(([left], [right]) => (left < right ? -1 : 1));
    return { device, metrics: metrics.map(([metric, { tsMs, value }]) => ({ metric, ts: tsMs, value })) };
  }
}
