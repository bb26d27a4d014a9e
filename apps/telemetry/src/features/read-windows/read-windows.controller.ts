import type { Clock } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Point, points } from '../../domain/winners.js';
import { type WindowFunction, windowStatistics } from '../../domain/window-statistics.js';
import { DeviceParam, deviceScope } from '../../http/device.param.js';
import { emptyAnswerHint } from '../../http/empty-answer.hint.js';
import { linesMediaType, sendLines } from '../../http/line-stream.js';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { firstOf, isTsPosition, pageOf, sendPage } from '../../http/pages.js';
import { timeRangeOf } from '../../http/time-range.query.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { LatestRepository } from '../../persistence/latest.repository.js';
import { MeasurementRepository } from '../../persistence/measurement.repository.js';
import { clockToken } from '../../tokens.js';
import { WindowItem, WindowsAnswer, WindowsQuery } from './windows.dto.js';

const defaultLimit = 1_000;
/** Rows hold up to thousands of samples: few are in memory at a time. */
const pageRows = 100;

@ApiTags('measurements')
@ApiBearerAuth()
@LimitedQueries()
@ApiExtraModels(WindowItem, WindowsAnswer)
@Controller('v1/devices/:device/windows')
export class ReadWindowsController {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly measurements: MeasurementRepository,
    private readonly latest: LatestRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({
    summary: 'Root mean square, peak, crest factor and mean of every measured array of a metric',
    description:
      'Of every array that is kept: arrays have no rollups, so those of class `summary` end with their rows.',
  })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(WindowsAnswer) } },
      [linesMediaType]: { schema: { $ref: getSchemaPath(WindowItem) } },
    },
  })
  async read(
    @CurrentOperator() operator: Operator,
    @Param() { device }: DeviceParam,
    @Query() query: WindowsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = wantedType(request, [jsonMediaType, linesMediaType]);
    const { metric, functions } = query;
    const nowMs = this.clock.nowMs();
    const range = timeRangeOf(query, nowMs);
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, isTsPosition);
    const scope = await deviceScope(this.devices, operator.tenant, device);
    const fromMs = Math.max(range.fromMs, after?.[0] ?? 0);
    const rows = this.measurements.rows(scope, { fromMs, toMs: range.toMs, metrics: [metric], pageRows });
    const windows = windowsOf(points(rows, new Set([metric])), metric, functions);
    if (type === linesMediaType) await sendLines(reply, firstOf(windows, query.limit ?? Infinity));
    else {
      const page = await pageOf(windows, query.limit ?? defaultLimit);
      const { last, next } = page;
      const asked = { metric, kinds: ['array'] as const, nowMs };
      const hint = last === undefined ? await emptyAnswerHint(this.latest, scope, asked) : undefined;
      const about = { ...(next && { nextCursor: encodeCursor([next.ts]) }), ...(hint !== undefined && { hint }) };
      await sendPage<WindowsAnswer>(reply, page, { device, metric, ...about });
    }
  }
}

async function* windowsOf(
  found: AsyncIterable<Point>,
  metric: string,
  functions: readonly WindowFunction[],
): AsyncGenerator<WindowItem> {
  for await (const { tsMs, values } of found) {
    const samples = values.get(metric);
    if (!Array.isArray(samples)) continue;
    const statistics = windowStatistics(samples as readonly number[]);
    const chosen = Object.fromEntries(functions.map((name) => [name, statistics[name]]));
    yield { ts: tsMs, samples: samples.length, ...chosen };
  }
}
