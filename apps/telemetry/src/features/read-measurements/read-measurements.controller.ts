import type { Clock } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Point, points } from '../../domain/winners.js';
import { csvContent, csvMediaType, sendCsv } from '../../http/csv.js';
import { DeviceParam, deviceScope } from '../../http/device.param.js';
import { kindOf } from '../../http/empty-answer.hint.js';
import { linesMediaType, sendLines } from '../../http/line-stream.js';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { type Page, firstOf, isTsPosition, pageOf, pageText, sendPage } from '../../http/pages.js';
import { timeRangeOf } from '../../http/time-range.query.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { MeasurementRepository } from '../../persistence/measurement.repository.js';
import { clockToken } from '../../tokens.js';
import { MeasurementPoint, MeasurementsAnswer, MeasurementsQuery } from './measurements.dto.js';

const defaultLimit = 1_000;
const pageRows = 2_000;
const columns = ['device', 'time', 'ts', 'metric', 'kind', 'value'];

@ApiTags('measurements')
@ApiBearerAuth()
@LimitedQueries()
@ApiExtraModels(MeasurementPoint, MeasurementsAnswer)
@Controller('v1/devices/:device/measurements')
export class ReadMeasurementsController {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly measurements: MeasurementRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({
    summary: 'What a device measured: one value per metric and ts, as JSON pages, NDJSON or CSV',
    description: pageText,
  })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(MeasurementsAnswer) } },
      [linesMediaType]: { schema: { $ref: getSchemaPath(MeasurementPoint) } },
      ...csvContent(
        `${columns.join(', ')}; a line per value; time is ts as RFC 3339, kind is number, boolean, text, array or position, and the last two are JSON`,
      ),
    },
  })
  async read(
    @CurrentOperator() operator: Operator,
    @Param() { device }: DeviceParam,
    @Query() query: MeasurementsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = wantedType(request, [jsonMediaType, linesMediaType, csvMediaType]);
    const range = timeRangeOf(query, this.clock.nowMs());
    const scope = await deviceScope(this.devices, operator.tenant, device);
    const fromMs = query.cursor === undefined ? range.fromMs : decodeCursor(query.cursor, isTsPosition)[0];
    const rows = this.measurements.rows(scope, {
      fromMs: Math.max(fromMs, range.fromMs),
      toMs: range.toMs,
      pageRows: Math.min((query.limit ?? pageRows) + 1, pageRows),
      ...(query.metric && { metrics: query.metric }),
    });
    const found = itemsOf(points(rows, query.metric && new Set(query.metric)));
    if (type === csvMediaType) await sendCsv(reply, columns, cellsOf(device, firstOf(found, query.limit ?? Infinity)));
    else if (type === linesMediaType) await sendLines(reply, firstOf(found, query.limit ?? Infinity));
    else await sendAnswer(reply, device, await pageOf(found, query.limit ?? defaultLimit));
  }
}

async function* itemsOf(found: AsyncIterable<Point>): AsyncGenerator<MeasurementPoint> {
  for await (const { tsMs, values } of found) yield { ts: tsMs, values: Object.fromEntries(values) };
}

async function sendAnswer(reply: FastifyReply, device: string, page: Page<MeasurementPoint>): Promise<void> {
  const { next } = page;
  await sendPage<MeasurementsAnswer>(reply, page, { device, ...(next && { nextCursor: encodeCursor([next.ts]) }) });
}

async function* cellsOf(device: string, items: AsyncIterable<MeasurementPoint>): AsyncGenerator<unknown[]> {
  for await (const { ts, values } of items) {
    const time = new Date(ts).toISOString();
    const sorted = Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [metric, value] of sorted) yield [device, time, ts, metric, kindOf(value), value];
  }
}
