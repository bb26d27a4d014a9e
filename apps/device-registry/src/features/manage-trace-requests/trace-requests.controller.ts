import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { traceRequestLimits } from '../../domain/trace-request.js';
import { openTraceRequests } from '../../persistence/trace-requests.repository.js';
import { Registry } from '../../registry.js';
import { deviceParameter } from '../../validation/path-parameter.pipes.js';
import { NewTraceRequestBody, TraceRequestList, TraceRequestView, traceRequestView } from './trace-request.dto.js';
import { createTraceRequest, removeTraceRequest } from './trace-requests.handler.js';

@ApiTags('trace-requests')
@Controller('v1/trace-requests')
export class TraceRequestsController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({
    summary: 'Follows a device for some minutes: every request of it is traced',
    description: 'It ends by itself. Asking again for a device that is followed begins its time anew.',
  })
  @Roles('operator')
  @ApiCreatedResponse({ type: TraceRequestView })
  @ApiConflictResponse({
    description: `\`trace-request-limit\`: ${traceRequestLimits.perTenant} devices of the tenant are followed already.`,
  })
  async create(@CurrentOperator() operator: Operator, @Body() body: NewTraceRequestBody): Promise<TraceRequestView> {
    return traceRequestView(await createTraceRequest(this.registry, operator, body));
  }

  @Get()
  @ApiOperation({ summary: 'The devices that are followed now, by the end of it' })
  @Roles('viewer')
  @ApiOkResponse({ type: TraceRequestList })
  async list(@CurrentOperator() { tenant }: Operator): Promise<TraceRequestList> {
    const rows = await this.registry.read((db) => openTraceRequests(db, tenant, this.registry.now()));
    return { items: rows.map(traceRequestView) };
  }

  @Delete(':device')
  @ApiOperation({ summary: 'Follows a device no longer', description: 'Needs no If-Match: it ends by itself anyway.' })
  @Roles('operator')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'It is followed no longer.' })
  async remove(@CurrentOperator() operator: Operator, @Param('device', deviceParameter) device: string): Promise<void> {
    await removeTraceRequest(this.registry, operator, device);
  }
}
