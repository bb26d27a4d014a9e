import { Body, Controller, Delete, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentOperator, Roles, pageOf, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { windowLimits } from '../../domain/maintenance-window.js';
import { findWindow, searchWindows } from '../../persistence/maintenance-windows.repository.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { windowParameter } from '../../validation/path-parameter.pipes.js';
import {
  MaintenanceWindowBody,
  MaintenanceWindowList,
  MaintenanceWindowQuery,
  MaintenanceWindowView,
  NewMaintenanceWindowBody,
  cursorOf,
  maxWindowsPerPage,
  windowPositionOf,
  windowView,
} from './maintenance-window.dto.js';
import { changeWindow, createWindow, removeWindow } from './maintenance-windows.handler.js';

@ApiTags('maintenance-windows')
@Controller('v1/maintenance-windows')
export class MaintenanceWindowsController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({
    summary: 'Plans a maintenance window: when devices are worked on and may be silent',
    description:
      `It lasts at most ${windowLimits.longestDays} days and is not over yet; it may have begun. The id is the caller's, so that the ` +
      'same request again makes no second one. One that was cancelled or forgotten leaves its id free.',
  })
  @Roles('operator')
  @ApiCreatedResponse({ type: MaintenanceWindowView })
  @ApiConflictResponse({
    description:
      '`maintenance-window-exists`: there is one of this id. `maintenance-window-limit`: ' +
      `the tenant has ${windowLimits.perTenant} that are not over, or ${windowLimits.storedPerTenant} with those that are.`,
  })
  async create(
    @CurrentOperator() operator: Operator,
    @Body() body: NewMaintenanceWindowBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MaintenanceWindowView> {
    const row = await createWindow(this.registry, operator, body);
    reply.header('Location', `/v1/maintenance-windows/${row.window}`);
    return versionedAnswer(reply, windowView(row, this.registry.clock.nowMs()));
  }

  @Get()
  @ApiOperation({
    summary: 'Maintenance windows, by their beginning',
    description:
      `Upcoming ones, running ones, and those that are over for ${windowLimits.keptDays} days. \`device\`, \`profile\` and \`site\` find ` +
      'windows whose scope names them itself, not those that are about them otherwise, as one of the whole tenant is.',
  })
  @Roles('viewer')
  @ApiOkResponse({ type: MaintenanceWindowList })
  async list(
    @CurrentOperator() { tenant }: Operator,
    @Query() query: MaintenanceWindowQuery,
  ): Promise<MaintenanceWindowList> {
    const { limit = maxWindowsPerPage, state, device, profile, site } = query;
    const now = this.registry.now();
    const filter = { state, device, profile, site, now, after: windowPositionOf(query), limit: limit + 1 };
    const rows = await this.registry.read((db) => searchWindows(db, tenant, filter));
    return pageOf(rows, limit, (row) => windowView(row, now.getTime()), cursorOf);
  }

  @Get(':window')
  @ApiOperation({ summary: 'A maintenance window' })
  @Roles('viewer')
  @ApiOkResponse({ type: MaintenanceWindowView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('window', windowParameter) window: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MaintenanceWindowView> {
    const row = await this.registry.read((db) => findWindow(db, tenant, window));
    if (row === null) throw problems.notFound('maintenance-window');
    return versionedAnswer(reply, windowView(row, this.registry.clock.nowMs()));
  }

  @Put(':window')
  @ApiOperation({
    summary: 'Replaces a maintenance window that is not over',
    description: 'Once it has begun, `from` stays what it is; `until`, `scope` and `reason` may still change.',
  })
  @Roles('operator')
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiOkResponse({ type: MaintenanceWindowView })
  @ApiConflictResponse({
    description: '`maintenance-window-begun`: it has begun, and `from` differs. `maintenance-window-over`: it is over.',
  })
  async change(
    @CurrentOperator() operator: Operator,
    @Param('window', windowParameter) window: string,
    @Body() body: MaintenanceWindowBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MaintenanceWindowView> {
    const row = await changeWindow(this.registry, operator, { window, body, ifMatch });
    return versionedAnswer(reply, windowView(row, this.registry.clock.nowMs()));
  }

  @Delete(':window')
  @ApiOperation({
    summary: 'Cancels a maintenance window that is upcoming, ends one that is running',
    description:
      'What has happened stays as it was: a running window ends now (`until` becomes now), is answered as it has become (200), and can ' +
      `be read as over for ${windowLimits.keptDays} days. An upcoming one is gone as if it never was (204). One that is over is refused (409).`,
  })
  @Roles('operator')
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiOkResponse({ type: MaintenanceWindowView, description: 'It was running, and is over now.' })
  @ApiNoContentResponse({ description: 'It was upcoming, and is gone.' })
  @ApiConflictResponse({ description: '`maintenance-window-over`: it is over.' })
  async remove(
    @CurrentOperator() operator: Operator,
    @Param('window', windowParameter) window: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MaintenanceWindowView | undefined> {
    const ended = await removeWindow(this.registry, operator, { window, ifMatch });
    if (ended !== undefined) return versionedAnswer(reply, windowView(ended, this.registry.clock.nowMs()));
    reply.status(204);
    return undefined;
  }
}
