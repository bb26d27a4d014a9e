import type { Clock } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { retentionClassNames } from '../../domain/retention.js';
import { csvContent, csvMediaType, sendCsv } from '../../http/csv.js';
import { DeviceParam, deviceScope } from '../../http/device.param.js';
import { linesMediaType, sendLines } from '../../http/line-stream.js';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { type Page, firstOf, pageOf, pageText, sendPage } from '../../http/pages.js';
import { isInstant, timeRangeOf } from '../../http/time-range.query.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { MeasurementRepository, type StoredRow } from '../../persistence/measurement.repository.js';
import { clockToken } from '../../tokens.js';
import { RawMeasurement, RawMeasurementsAnswer, RawMeasurementsQuery } from './raw-measurements.dto.js';

const defaultLimit = 1_000;
const pageRows = 2_000;
const columns = [
  ...['device', 'time', 'ts', 'receivedAt', 'boot', 'seq', 'fingerprint', 'duplicates', 'deviceIndex'],
  ...['retentionClass', 'outOfRange', 'values'],
];

@ApiTags('measurements')
@ApiBearerAuth()
@LimitedQueries()
@ApiExtraModels(RawMeasurement)
@Controller('v1/devices/:device/measurements/raw')
export class ReadRawMeasurementsController {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly measurements: MeasurementRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({
    summary: 'Every stored measurement of a device, as JSON pages, NDJSON or CSV',
    description: pageText,
  })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(RawMeasurementsAnswer) } },
      [linesMediaType]: { schema: { $ref: getSchemaPath(RawMeasurement) } },
      ...csvContent(`${columns.join(', ')}; outOfRange separated by blanks, values as JSON`),
    },
  })
  @ApiExtraModels(RawMeasurementsAnswer)
  async read(
    @CurrentOperator() operator: Operator,
    @Param() { device }: DeviceParam,
    @Query() query: RawMeasurementsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = wantedType(request, [jsonMediaType, linesMediaType, csvMediaType]);
    const range = timeRangeOf(query, this.clock.nowMs());
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, isPosition);
    const scope = await deviceScope(this.devices, operator.tenant, device);
    const fromMs = Math.max(range.fromMs, after?.[0] ?? 0);
    const rows = itemsOf(behind(this.measurements.rows(scope, { fromMs, toMs: range.toMs, pageRows }), after));
    if (type === csvMediaType) await sendCsv(reply, columns, cellsOf(device, firstOf(rows, query.limit ?? Infinity)));
    else if (type === linesMediaType) await sendLines(reply, firstOf(rows, query.limit ?? Infinity));
    else await sendAnswer(reply, device, await pageOf(rows, query.limit ?? defaultLimit));
  }
}

/** ts, index and fingerprint of the last row of the page before. */
type Position = readonly [tsMs: number, deviceIndex: number, fingerprint: string];

function isPosition(position: unknown): position is Position {
  if (!Array.isArray(position) || position.length !== 3) return false;
  const [tsMs, deviceIndex, fingerprint] = position as unknown[];
  return isInstant(tsMs) && Number.isSafeInteger(deviceIndex) && typeof fingerprint === 'string';
}

async function* behind(rows: AsyncIterable<StoredRow>, after: Position | undefined): AsyncGenerator<StoredRow> {
  for await (const row of rows) {
    if (after !== undefined && row.tsMs === after[0]) {
      if (row.deviceIndex < after[1]) continue;
      if (row.deviceIndex === after[1] && row.fingerprint <= after[2]) continue;
    }
    yield row;
  }
}

async function* itemsOf(rows: AsyncIterable<StoredRow>): AsyncGenerator<RawMeasurement> {
  for await (const row of rows) yield rawMeasurement(row);
}

async function* cellsOf(device: string, rows: AsyncIterable<RawMeasurement>): AsyncGenerator<unknown[]> {
  for await (const row of rows) {
    const time = new Date(row.ts).toISOString();
    const outOfRange = row.outOfRange.length === 0 ? undefined : row.outOfRange.join(' ');
    const cells: Readonly<Record<string, unknown>> = { ...row, device, time, outOfRange };
    yield columns.map((column) => cells[column]);
  }
}

async function sendAnswer(reply: FastifyReply, device: string, page: Page<RawMeasurement>): Promise<void> {
  const { last, next } = page;
  const nextCursor = next && last && encodeCursor(positionOf(last));
  await sendPage<RawMeasurementsAnswer>(reply, page, { device, ...(nextCursor !== undefined && { nextCursor }) });
}

function positionOf({ ts, deviceIndex, fingerprint }: RawMeasurement): Position {
  return [ts, deviceIndex, fingerprint];
}

function rawMeasurement(row: StoredRow): RawMeasurement {
  return {
    ts: row.tsMs,
    receivedAt: row.receivedAtMs,
    ...(row.boot !== undefined && { boot: row.boot }),
    ...(row.seq !== undefined && { seq: row.seq }),
    fingerprint: row.fingerprint,
    duplicates: row.duplicates,
    deviceIndex: row.deviceIndex,
    retentionClass: retentionClassNames[row.retentionClass] ?? '',
    outOfRange: row.outOfRange,
    values: row.values,
  };
}
