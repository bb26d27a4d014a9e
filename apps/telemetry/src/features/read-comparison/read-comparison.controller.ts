import type { Clock } from '@myelin/kernel';
import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
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
import { jsonMediaType, wantedType } from '../../http/offered-types.js';
import { LimitedQueries } from '../../http/open-queries.js';
import { parameterFaults } from '../../http/parameter-faults.js';
import { overflowText, unavailableText } from '../../http/query-problems.js';
import { timeRangeOf } from '../../http/time-range.query.js';
import { clockToken } from '../../tokens.js';
import { ComparisonQuery, FleetComparison, PeriodComparison } from './comparison.dto.js';
import { ReadComparisonHandler } from './read-comparison.handler.js';

/** A day has more minutes than are compared. */
const minutesRangeMs = 12 * 3_600_000;

@ApiTags('measurements')
@ApiBearerAuth()
@LimitedQueries()
@ApiExtraModels(FleetComparison, PeriodComparison)
@Controller('v1/comparison')
export class ReadComparisonController {
  constructor(
    private readonly handler: ReadComparisonHandler,
    @Inject(clockToken) private readonly clock: Clock,
  ) {}

  @Get()
  @Roles('viewer')
  @ApiOperation({
    summary: 'One function of one metric, bucket by bucket: a device against a fleet, or a period against another one',
    description: 'Without `from`, the range begins a day before its end; with minutes as buckets, 12 hours before it.',
  })
  @ApiOkResponse({
    schema: { oneOf: [{ $ref: getSchemaPath(FleetComparison) }, { $ref: getSchemaPath(PeriodComparison) }] },
  })
  @ApiUnprocessableEntityResponse({
    description: `${overflowText} ${unavailableText} Percentiles always need rows; other functions do for edges and buckets that are not whole UTC hours.`,
  })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Query() query: ComparisonQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    wantedType(request, [jsonMediaType]);
    const { fleet, baselineFrom, metric, bucket, timeZone, function: name } = query;
    const range = timeRangeOf(query, this.clock.nowMs(), bucket === '1m' ? minutesRangeMs : undefined);
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    refuseMixed(query);
    const items =
      fleet !== undefined
        ? await this.handler.withFleet(tenant, { ...query, fleet }, range, left.signal)
        : await this.handler.withPeriod(tenant, { ...query, baselineFrom: baselineFrom ?? 0 }, range, left.signal);
    await reply.send({ metric, function: name, bucket, timeZone, items });
  }
}

/** @throws Problem 400 unless the query is one kind of comparison */
function refuseMixed({ fleet, device, baselineFrom, baselineTo }: ComparisonQuery): void {
  const fault = (parameter: string, detail: string) => parameterFaults({ parameter, detail });
  if (fleet === undefined && baselineFrom === undefined)
    throw fault('fleet', 'either `fleet` or `baselineFrom` is needed');
  if (fleet === undefined) return;
  if (baselineFrom !== undefined) throw fault('baselineFrom', 'has no meaning with `fleet`');
  if (baselineTo !== undefined) throw fault('baselineTo', 'has no meaning with `fleet`');
  if (device.length > 1) throw fault('device', 'must be one with `fleet`');
}
