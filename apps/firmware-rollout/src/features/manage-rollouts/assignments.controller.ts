import { CurrentOperator, type Operator, Roles, pageOf } from '@myelin/service-kit';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Firmware } from '../../firmware.js';
import {
  findAssignment,
  listAssignmentEntries,
  listAssignments,
} from '../../persistence/assignment-lists.repository.js';
import { problems } from '../../problems.js';
import {
  AssignmentDetail,
  AssignmentList,
  AssignmentQuery,
  AssignmentView,
  assignmentDetail,
  assignmentView,
  defaultAssignmentPageSize,
  devicePosition,
  shownEntries,
} from './assignment.dto.js';
import { actOnAssignment } from './assignments.handler.js';
import { deviceParameter, rolloutParameter } from './path-parameters.js';
import { readRollout } from './rollout-facts.js';

/** A rollout's firmware for each of its devices, and what became of it. */
@ApiTags('rollouts')
@Controller('v1/rollouts/:rollout/assignments')
export class AssignmentsController {
  constructor(private readonly firmware: Firmware) {}

  @Get()
  @ApiOperation({ summary: 'Assignments of a rollout, by device' })
  @Roles('viewer')
  @ApiOkResponse({ type: AssignmentList })
  async list(
    @CurrentOperator() { tenant }: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Query() query: AssignmentQuery,
  ): Promise<AssignmentList> {
    const limit = query.limit ?? defaultAssignmentPageSize;
    const page = { after: devicePosition(query), limit: limit + 1 };
    const { state, wave } = query;
    const rows = await this.firmware.read(async (db) => {
      const { id } = (await readRollout(db, tenant, rollout)).rollout;
      return listAssignments(db, id, { state, wave }, page);
    });
    return pageOf(rows, limit, assignmentView, ({ device }) => device);
  }

  @Get(':device')
  @ApiOperation({ summary: 'An assignment with its history' })
  @Roles('viewer')
  @ApiOkResponse({ type: AssignmentDetail })
  read(
    @CurrentOperator() { tenant }: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Param('device', deviceParameter) device: string,
  ): Promise<AssignmentDetail> {
    return this.firmware.read(async (db) => {
      const { id: rolloutId } = (await readRollout(db, tenant, rollout)).rollout;
      const row = await findAssignment(db, rolloutId, device);
      if (row === null) throw problems.notFound('assignment');
      return assignmentDetail(row, await listAssignmentEntries(db, { rolloutId, device }, shownEntries));
    });
  }

  @Post(':device/cancel')
  @ApiOperation({ summary: 'Lets a device not begin, or asks it to stop' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiOkResponse({ type: AssignmentView })
  @ApiConflictResponse({ description: '`assignment-closed`' })
  async cancel(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Param('device', deviceParameter) device: string,
  ): Promise<AssignmentView> {
    return assignmentView(await actOnAssignment(this.firmware, operator, { rollout, device, action: 'cancel' }));
  }

  @Post(':device/skip')
  @ApiOperation({ summary: 'Leaves a device out that has not been offered the firmware yet' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiOkResponse({ type: AssignmentView })
  @ApiConflictResponse({ description: '`assignment-already-offered`, `assignment-closed`' })
  async skip(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Param('device', deviceParameter) device: string,
  ): Promise<AssignmentView> {
    return assignmentView(await actOnAssignment(this.firmware, operator, { rollout, device, action: 'skip' }));
  }

  @Post(':device/retry')
  @ApiOperation({ summary: 'Gives a device that has failed, stopped or was left out another turn' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiOkResponse({ type: AssignmentView })
  @ApiConflictResponse({
    description: '`assignment-not-closed`, `assignment-device-gone`, `rollout-aborting`, `rollout-over`',
  })
  async retry(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Param('device', deviceParameter) device: string,
  ): Promise<AssignmentView> {
    return assignmentView(await actOnAssignment(this.firmware, operator, { rollout, device, action: 'retry' }));
  }
}
