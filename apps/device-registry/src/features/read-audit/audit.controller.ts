import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, Roles, isUuid, pageOf, type Operator } from '@myelin/service-kit';
import { searchAudit } from '../../persistence/audit.repository.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { defaultPageSize, positionOf } from '../../validation/page.dto.js';
import { AuditList, AuditQuery, auditEntry } from './audit.dto.js';

/** Newest first, one year back. */
@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'Who changed what, the latest first' })
  @Roles('admin')
  @ApiOkResponse({ type: AuditList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: AuditQuery): Promise<AuditList> {
    const { actor, action, entity } = query;
    const limit = query.limit ?? defaultPageSize;
    const before = positionOf(query) || undefined;
    if (before !== undefined && !isUuid(before)) throw problems.invalid('?cursor', 'was not made by this route');
    const filter = { actor, action, entity, before, limit: limit + 1 };
    const rows = await this.registry.read((db) => searchAudit(db, tenant, filter));
    return pageOf(rows, limit, auditEntry, (row) => row.id);
  }
}
