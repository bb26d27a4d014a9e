import type { Clock } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { points } from '../../domain/winners.js';
import { DeviceParam, deviceScope } from '../../http/device.param.js';
import { isInstant, timeRangeOf } from '../../http/time-range.query.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { MeasurementRepository } from '../../persistence/measurement.repository.js';
import { clockToken } from '../../tokens.js';
import { type MeasurementPoint, MeasurementsAnswer, MeasurementsQuery } from './measurements.dto.js';

@ApiTags('measurements')
@ApiBearerAuth()
@Controller('v1/devices/:device/measurements')
export class ReadMeasurementsController {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly measurements: MeasurementRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({ summary: 'What a device measured: one value per metric and ts' })
  @ApiOkResponse({ type: MeasurementsAnswer })
  async read(
    @CurrentOperator() operator: Operator,
    @Param() { device }: DeviceParam,
    @Query() query: MeasurementsQuery,
  ): Promise<MeasurementsAnswer> {
    const range = timeRangeOf(query, this.clock.nowMs());
    const scope = await deviceScope(this.devices, operator.tenant, device);
    const fromMs = query.cursor === undefined ? range.fromMs : decodeCursor(query.cursor, isPosition)[0];
    const rows = this.measurements.rows(scope, {
      fromMs: Math.max(fromMs, range.fromMs),
      toMs: range.toMs,
      pageRows: Math.min(query.limit + 1, 2_000),
      ...(query.metric && { metrics: query.metric }),
    });
    const items: MeasurementPoint[] = [];
    for await (const { tsMs, values } of points(rows, query.metric && new Set(query.metric))) {
      if (items.length === query.limit) return { device, items, nextCursor: encodeCursor([tsMs]) };
      items.push({ ts: tsMs, values: Object.fromEntries(values) });
    }
    return { device, items };
  }
}

/** The ts that the next page begins with. */
function isPosition(position: unknown): position is [number] {
  return Array.isArray(position) && position.length === 1 && isInstant(position[0]);
}
