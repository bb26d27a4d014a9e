import type { Clock } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles, decodeCursor, encodeCursor } from '@myelin/service-kit';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
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
import type { StateRun } from '../../domain/states.js';
import { DeviceParam, deviceScope } from '../../http/device.param.js';
import { type ValueKind, emptyAnswerHint } from '../../http/empty-answer.hint.js';
import { linesMediaType, sendLines } from '../../http/line-stream.js';
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { firstOf, isTsPosition, pageOf, pageText, sendPage } from '../../http/pages.js';
import { parameterFaults } from '../../http/parameter-faults.js';
import { unavailableText } from '../../http/query-problems.js';
import { timeRangeOf } from '../../http/time-range.query.js';
import { DeviceRepository } from '../../persistence/device.repository.js';
import { LatestRepository } from '../../persistence/latest.repository.js';
import { clockToken } from '../../tokens.js';
import { ReadStatesHandler, type StatesRequest } from './read-states.handler.js';
import { StateItem, StatesAnswer, StatesQuery, StatesSummary } from './states.dto.js';

const defaultLimit = 1_000;
const kinds: readonly ValueKind[] = ['number', 'boolean', 'text'];

@ApiTags('measurements')
@ApiBearerAuth()
@LimitedQueries()
@ApiExtraModels(StateItem, StatesAnswer, StatesSummary)
@Controller('v1/devices/:device/states')
export class ReadStatesController {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly handler: ReadStatesHandler,
    private readonly latest: LatestRepository,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({
    summary: 'How long a metric had which value: runs of equal value in event time, or totals per value',
    description: pageText,
  })
  @ApiOkResponse({
    content: {
      'application/json': {
        schema: { oneOf: [{ $ref: getSchemaPath(StatesAnswer) }, { $ref: getSchemaPath(StatesSummary) }] },
      },
      [linesMediaType]: { schema: { $ref: getSchemaPath(StateItem) } },
    },
  })
  @ApiUnprocessableEntityResponse({
    description: `${unavailableText} \`too-many-states\`, \`too-many-changes\`: of a summary. States of texts leave no rollups: they end with their rows.`,
  })
  async read(
    @CurrentOperator() operator: Operator,
    @Param() { device }: DeviceParam,
    @Query() query: StatesQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = wantedType(request, query.summary ? [jsonMediaType] : [jsonMediaType, linesMediaType]);
    const nowMs = this.clock.nowMs();
    const range = timeRangeOf(query, nowMs);
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, isTsPosition);
    if (query.summary) refusePaging(query);
    const scope = await deviceScope(this.devices, operator.tenant, device);
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const fromMs = Math.max(range.fromMs, after?.[0] ?? 0);
    const asked: StatesRequest = { scope, metric: query.metric, nowMs, signal: left.signal, fromMs, toMs: range.toMs };
    if (query.summary) await reply.send(await this.summary(device, asked));
    else if (type === linesMediaType)
      await sendLines(reply, firstOf(itemsOf(this.handler.runs(asked)), query.limit ?? Infinity));
    else await this.sendAnswer(reply, device, query, asked);
  }

  /** The next page begins where the run behind the last one does. */
  private async sendAnswer(
    reply: FastifyReply,
    device: string,
    { metric, limit = defaultLimit }: StatesQuery,
    asked: StatesRequest,
  ): Promise<void> {
    const page = await pageOf(itemsOf(this.handler.runs(asked)), limit);
    const { last, next } = page;
    const hint = last === undefined ? await this.hint(asked) : {};
    const about = { device, metric, ...(next && { nextCursor: encodeCursor([next.start]) }), ...hint };
    await sendPage<StatesAnswer>(reply, page, about);
  }

  private async hint({ scope, metric, nowMs }: StatesRequest): Promise<{ hint?: string }> {
    const hint = await emptyAnswerHint(this.latest, scope, { metric, kinds, nowMs });
    return hint === undefined ? {} : { hint };
  }

  private async summary(device: string, request: StatesRequest): Promise<StatesSummary> {
    const { totals, unknownMs } = await this.handler.totals(request);
    return {
      device,
      metric: request.metric,
      totals: totals.map(({ value, durationMs, entered }) => ({ value, duration: durationMs, entered })),
      unknown: unknownMs,
      ...(totals.length === 0 && (await this.hint(request))),
    };
  }
}

function refusePaging({ limit, cursor }: StatesQuery): void {
  const detail = 'has no meaning with `summary=true`';
  const given = Object.entries({ limit, cursor }).filter(([, value]) => value !== undefined);
  if (given.length > 0) throw parameterFaults(...given.map(([parameter]) => ({ parameter, detail })));
}

async function* itemsOf(runs: AsyncIterable<StateRun>): AsyncGenerator<StateItem> {
  for await (const run of runs) yield itemOf(run);
}

function itemOf({ value, startMs, endMs, open, carriedIn }: StateRun): StateItem {
  return {
    value,
    start: startMs,
    end: endMs,
    duration: endMs - startMs,
    ...(open && { open }),
    ...(carriedIn && { carriedIn }),
  };
}
