import { Body, Controller, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, Roles, pageOf, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { findTenant, listTenants } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { PageQuery, defaultPageSize, positionOf } from '../../validation/page.dto.js';
import { tenantParameter } from '../../validation/path-parameter.pipes.js';
import { NewTenantBody, TenantBody, TenantList, TenantView, tenantView } from './tenant.dto.js';
import { changeTenant, createTenant } from './tenants.handler.js';

/** The only routes that name a tenant: those of the people who run the platform. */
@ApiTags('tenants')
@Controller('v1/tenants')
@Roles('platform-admin')
export class TenantsController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({ summary: 'Creates a tenant' })
  @ApiCreatedResponse({ type: TenantView })
  async create(
    @CurrentOperator() operator: Operator,
    @Body() body: NewTenantBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantView> {
    const view = tenantView(await createTenant(this.registry, operator, body));
    reply.header('Location', `/v1/tenants/${view.tenant}`);
    return versionedAnswer(reply, view);
  }

  @Get()
  @ApiOperation({ summary: 'Tenants, by name' })
  @ApiOkResponse({ type: TenantList })
  async list(@Query() query: PageQuery): Promise<TenantList> {
    const limit = query.limit ?? defaultPageSize;
    const rows = await this.registry.read((db) => listTenants(db, positionOf(query), limit + 1));
    return pageOf(rows, limit, tenantView, (row) => row.tenant);
  }

  @Get(':tenant')
  @ApiOperation({ summary: 'A tenant' })
  @ApiOkResponse({ type: TenantView })
  async read(
    @Param('tenant', tenantParameter) tenant: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantView> {
    const row = await this.registry.read((db) => findTenant(db, tenant));
    if (row === null) throw problems.notFound('tenant');
    return versionedAnswer(reply, tenantView(row));
  }

  @Put(':tenant')
  @ApiOperation({ summary: 'Replaces the name, the time zone and the limits of a tenant' })
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiOkResponse({ type: TenantView })
  async change(
    @CurrentOperator() operator: Operator,
    @Param('tenant', tenantParameter) tenant: string,
    @Body() body: TenantBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantView> {
    const row = await changeTenant(this.registry, operator, tenant, { body, ifMatch });
    return versionedAnswer(reply, tenantView(row));
  }
}
