import { type Clock, isDeviceId } from '@myelin/kernel';
import { CurrentOperator, type Operator, Problem, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { hourMs } from '../../domain/hour-marks.js';
import { maxQualityRangeDays } from '../../domain/quality-measures.js';
import { dayMs } from '../../domain/retention.js';
import { DeviceParam, deviceScope } from '../../http/device.param.js';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { TimeRangeQuery, timeRangeOf } from '../../http/time-range.query.js';
import { DataQualityRepository, type HourRange } from '../../persistence/data-quality.repository.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { clockToken } from '../../tokens.js';
import { DeviceQualityAnswer, FleetQualityAnswer, FleetQualityQuery, rangeNote } from './quality.dto.js';

const defaultLimit = 100;

@ApiTags('quality')
@ApiBearerAuth()
@LimitedQueries()
@Controller('v1')
export class ReadQualityController {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly quality: DataQualityRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get('devices/:device/quality')
  @Roles('viewer')
  @ApiOperation({ summary: 'How well a device reported, hour by hour', description: rangeNote })
  @ApiOkResponse({ type: DeviceQualityAnswer })
  async ofDevice(
    @CurrentOperator() { tenant }: Operator,
    @Param() { device }: DeviceParam,
    @Query() query: TimeRangeQuery,
    @Req() request: FastifyRequest,
  ): Promise<DeviceQualityAnswer> {
    wantedType(request, [jsonMediaType]);
    const range = hoursOf(query, this.clock.nowMs());
    const hours = await this.quality.hours(await deviceScope(this.devices, tenant, device), range);
    return {
      device,
      hours: hours.map(({ deviceIndex: _, hour, expected, missing, ...measures }) => ({
        hour: hour * hourMs,
        ...measures,
        ...(expected !== undefined && { expected }),
        ...(missing !== undefined && { missing }),
      })),
    };
  }

  @Get('quality')
  @Roles('viewer')
  @ApiOperation({ summary: 'How well devices reported, the worst first', description: rangeNote })
  @ApiOkResponse({ type: FleetQualityAnswer })
  async ofFleet(
    @CurrentOperator() { tenant }: Operator,
    @Query() query: FleetQualityQuery,
    @Req() request: FastifyRequest,
  ): Promise<FleetQualityAnswer> {
    wantedType(request, [jsonMediaType]);
    const { measure = 'lateShare', limit = defaultLimit } = query;
    const range = hoursOf(query, this.clock.nowMs());
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, isPosition);
    const found = await this.quality.worst(tenant, {
      ...{ ...range, measure, limit: limit + 1 },
      ...(after && { after: { value: after[0], device: after[1] } }),
    });
    const devices = found.slice(0, limit);
    const last = devices.at(-1);
    if (found.length <= limit || last === undefined) return { devices };
    return { devices, nextCursor: encodeCursor([last[measure], last.device]) };
  }
}

/** @throws Problem 400 range-invalid, range-too-long */
function hoursOf(query: TimeRangeQuery, nowMs: number): HourRange {
  const { fromMs, toMs } = timeRangeOf(query, nowMs);
  if (toMs - fromMs > maxQualityRangeDays * dayMs) {
    throw new Problem({
      status: 400,
      type: 'range-too-long',
      title: 'The time range is too long',
      errors: [{ parameter: 'from', detail: `must be at most ${maxQualityRangeDays} days before \`to\`` }],
    });
  }
  return { fromHour: Math.ceil(fromMs / hourMs), toHour: Math.ceil(toMs / hourMs) };
}

function isPosition(position: unknown): position is [number, string] {
  if (!Array.isArray(position) || position.length !== 2) return false;
  const [value, device] = position as unknown[];
  return typeof value === 'number' && Number.isFinite(value) && typeof device === 'string' && isDeviceId(device);
}
