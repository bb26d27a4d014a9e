import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, Roles, pageOf, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { DeviceView, deviceView } from '../../devices/device.dto.js';
import { isStorableText } from '../../domain/free-content.js';
import { type LabelRequirement, parseLabelRequirement } from '../../domain/label-selector.js';
import { searchDevices } from '../../persistence/device-search.repository.js';
import { findDevice } from '../../persistence/devices.repository.js';
import { timeZones } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { defaultPageSize, positionOf } from '../../validation/page.dto.js';
import { deviceParameter } from '../../validation/path-parameter.pipes.js';
import { DeviceList, DeviceQuery } from './device-query.dto.js';

@ApiTags('devices')
@Controller('v1/devices')
@Roles('viewer')
export class ReadDevicesController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @ApiOperation({ summary: 'Devices, by id, of a site, a profile, a state or with labels' })
  @ApiOkResponse({ type: DeviceList })
  list(@CurrentOperator() { tenant }: Operator, @Query() query: DeviceQuery): Promise<DeviceList> {
    const { lifecycle, profile, site } = query;
    const limit = query.limit ?? defaultPageSize;
    const labels = (query.label ?? []).map(requirementOf);
    const filter = { labels, lifecycle, profile, site, after: positionOf(query), limit: limit + 1 };
    return this.registry.read(async (db) => {
      const rows = await searchDevices(db, tenant, filter);
      const sites = rows.map((row) => row.site);
      const zoneOf = await timeZones(db, tenant, sites, false);
      return pageOf(
        rows,
        limit,
        (row) => deviceView(row, zoneOf(row.site)),
        (row) => row.device,
      );
    });
  }

  @Get(':device')
  @ApiOperation({ summary: 'A device' })
  @ApiOkResponse({ type: DeviceView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('device', deviceParameter) device: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeviceView> {
    return this.registry.read(async (db) => {
      const row = await findDevice(db, tenant, device);
      if (row === null) throw problems.notFound('device');
      const zoneOf = await timeZones(db, tenant, [row.site], false);
      return versionedAnswer(reply, deviceView(row, zoneOf(row.site)));
    });
  }
}

function requirementOf(text: string): LabelRequirement {
  const requirement = isStorableText(text) ? parseLabelRequirement(text) : undefined;
  if (requirement === undefined) throw problems.invalid('?label', 'must be k=v, k!=v, k or !k');
  return requirement;
}
