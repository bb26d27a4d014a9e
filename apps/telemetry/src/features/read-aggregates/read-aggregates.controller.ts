import type { Clock, TenantId } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnprocessableEntityResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { csvContent, csvMediaType, sendCsv } from '../../http/csv.js';
import { emptyAnswerHint } from '../../http/empty-answer.hint.js';
import { linesMediaType, sendLines } from '../../http/line-stream.js';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { firstOf, pageOf, pageText, sendPage } from '../../http/pages.js';
import { overflowText, unavailableText } from '../../http/query-problems.js';
import { isInstant, timeRangeOf } from '../../http/time-range.query.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { LatestRepository } from '../../persistence/latest.repository.js';
import { clockToken } from '../../tokens.js';
import { AggregateItem, AggregatesAnswer, AggregatesQuery } from './aggregates.dto.js';
import { type AggregatePosition, ReadAggregatesHandler } from './read-aggregates.handler.js';

const defaultLimit = 1_000;

@ApiTags('measurements')
@ApiBearerAuth()
@LimitedQueries()
@ApiExtraModels(AggregateItem, AggregatesAnswer)
@Controller('v1/aggregates')
export class ReadAggregatesController {
  constructor(
    private readonly handler: ReadAggregatesHandler,
    private readonly devices: DeviceRepository,
    private readonly latest: LatestRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({
    summary: 'Aggregates over time buckets, of several devices and metrics, as JSON pages, NDJSON or CSV',
    description: pageText,
  })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(AggregatesAnswer) } },
      [linesMediaType]: { schema: { $ref: getSchemaPath(AggregateItem) } },
      ...csvContent('device, metric, start, end, the functions in the order asked for, and `filled` with `fill`'),
    },
  })
  @ApiUnprocessableEntityResponse({
    description: `${overflowText} ${unavailableText} Percentiles and histograms always need rows; other functions do for edges and buckets that are not whole UTC hours.`,
  })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Query() query: AggregatesQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = wantedType(request, [jsonMediaType, linesMediaType, csvMediaType]);
    const nowMs = this.clock.nowMs();
    const range = timeRangeOf(query, nowMs);
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, isPosition);
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const results = this.handler.read(tenant, query, range, { after, signal: left.signal, nowMs });
    if (type === csvMediaType) await sendTable(reply, query, itemsOf(firstOf(results, query.limit ?? Infinity)));
    else if (type === linesMediaType) await sendLines(reply, itemsOf(firstOf(results, query.limit ?? Infinity)));
    else await this.sendAnswer(reply, tenant, { results, query, nowMs });
  }

  private async sendAnswer(
    reply: FastifyReply,
    tenant: TenantId,
    { results, query, nowMs }: { results: Results; query: AggregatesQuery; nowMs: number },
  ): Promise<void> {
    const { bucket, timeZone, limit = defaultLimit, cursor } = query;
    const page = await pageOf(results, limit, ({ item }) => item);
    const { last, next } = page;
    const hint = last === undefined && cursor === undefined ? await this.hint(tenant, query, nowMs) : {};
    const about = { bucket, timeZone, ...(next && { nextCursor: encodeCursor(last?.position) }), ...hint };
    await sendPage<AggregatesAnswer>(reply, page, about);
  }

  /** Of one metric of one device. */
  private async hint(tenant: TenantId, query: AggregatesQuery, nowMs: number): Promise<{ hint?: string }> {
    const [device, ...others] = query.device;
    const [metric, ...further] = query.metric;
    if (device === undefined || metric === undefined || others.length + further.length > 0) return {};
    const scope = (await this.devices.scopes(tenant, [device])).get(device);
    if (scope === undefined) return { hint: `no measurement of a device ${device} has arrived` };
    const hint = await emptyAnswerHint(this.latest, scope, { metric, kinds: ['number', 'boolean'], nowMs });
    return hint === undefined ? {} : { hint };
  }
}

type Results = ReturnType<ReadAggregatesHandler['read']>;

async function* itemsOf(results: Results): AsyncGenerator<AggregateItem> {
  for await (const { item } of results) yield item;
}

async function sendTable(
  reply: FastifyReply,
  { functions, fill }: AggregatesQuery,
  items: AsyncIterable<AggregateItem>,
): Promise<void> {
  const columns = ['device', 'metric', 'start', 'end', ...functions, ...(fill === 'none' ? [] : ['filled'])];
  await sendCsv(reply, columns, rowsOf(items, columns));
}

async function* rowsOf(items: AsyncIterable<AggregateItem>, columns: readonly string[]): AsyncGenerator<unknown[]> {
  for await (const item of items) {
    const cells: Readonly<Record<string, unknown>> = { filled: false, ...item };
    yield columns.map((column) => cells[column]);
  }
}

function isPosition(position: unknown): position is AggregatePosition {
  return (
    Array.isArray(position) &&
    position.length === 3 &&
    isInstant(position[0]) &&
    position.every((part) => Number.isSafeInteger(part) && part >= 0)
  );
}
