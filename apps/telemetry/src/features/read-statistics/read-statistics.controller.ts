import { isDeviceId } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { StatisticsRepository } from '../../persistence/statistics.repository.js';
import { StatisticsAnswer, StatisticsQuery } from './statistics.dto.js';

@ApiTags('statistics')
@ApiBearerAuth()
@LimitedQueries()
@Controller('v1/statistics')
export class ReadStatisticsController {
  constructor(private readonly statistics: StatisticsRepository) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({ summary: 'What was stored and what was not, exactly, of the tenant and of its devices' })
  @ApiOkResponse({ type: StatisticsAnswer })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Query() query: StatisticsQuery,
    @Req() request: FastifyRequest,
  ): Promise<StatisticsAnswer> {
    wantedType(request, [jsonMediaType]);
    const total = await this.statistics.ofTenant(tenant);
    const limit = query.limit ?? query.device?.length ?? 0;
    if (limit === 0) return { tenant: total, devices: [] };
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, isPosition)[0];
    const devices = await this.statistics.ofDevices(tenant, {
      limit: limit + 1,
      ...(query.device && { devices: query.device }),
      ...(after !== undefined && { after }),
    });
    const page = devices.slice(0, limit);
    const last = page.at(-1);
    const more = devices.length > limit && last !== undefined;
    return { tenant: total, devices: page, ...(more && { nextCursor: encodeCursor([last.device]) }) };
  }
}

function isPosition(position: unknown): position is [string] {
  return Array.isArray(position) && position.length === 1 && typeof position[0] === 'string' && isDeviceId(position[0]);
}
