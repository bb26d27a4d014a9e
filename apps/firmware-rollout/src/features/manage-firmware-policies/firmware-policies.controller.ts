import { CurrentOperator, type Operator, Roles, versionedAnswer } from '@myelin/service-kit';
import { Body, Controller, Get, Headers, Param, Put, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Firmware } from '../../firmware.js';
import { findFirmwarePolicy } from '../../persistence/firmware-policies.repository.js';
import { profileParameter } from '../../releases/path-parameters.js';
import {
  FirmwarePolicyBody,
  FirmwarePolicyView,
  defaultPolicyView,
  firmwarePolicyView,
} from './firmware-policy.dto.js';
import { putFirmwarePolicy } from './firmware-policies.handler.js';

@ApiTags('firmware policies')
@Controller('v1/firmware-policies')
export class FirmwarePoliciesController {
  constructor(private readonly firmware: Firmware) {}

  @Put(':profile')
  @ApiOperation({ summary: 'Says what must be signed for devices of a profile; published releases are judged anew' })
  @Roles('admin')
  @ApiHeader({ name: 'If-Match', required: false, description: 'needed to change an existing policy' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only create' })
  @ApiOkResponse({ type: FirmwarePolicyView })
  @ApiCreatedResponse({ type: FirmwarePolicyView })
  async put(
    @CurrentOperator() operator: Operator,
    @Param('profile', profileParameter) profile: string,
    @Body() policy: FirmwarePolicyBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FirmwarePolicyView> {
    const command = { profile, policy, ifMatch, ifNoneMatch };
    const { row, created } = await putFirmwarePolicy(this.firmware, operator, command);
    reply.status(created ? 201 : 200);
    return versionedAnswer(reply, firmwarePolicyView(row));
  }

  @Get(':profile')
  @ApiOperation({ summary: 'The policy of a profile, or the default where nobody has said: unsigned refused, one key' })
  @Roles('viewer')
  @ApiOkResponse({ type: FirmwarePolicyView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('profile', profileParameter) profile: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FirmwarePolicyView> {
    const row = await this.firmware.read((db) => findFirmwarePolicy(db, tenant, profile));
    return row === null ? defaultPolicyView(profile) : versionedAnswer(reply, firmwarePolicyView(row));
  }
}
