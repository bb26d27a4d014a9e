import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { listCredentials } from '../../persistence/credentials.repository.js';
import { findDevice } from '../../persistence/devices.repository.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { credentialParameter, deviceParameter } from '../../validation/path-parameter.pipes.js';
import { CredentialList, IssuedCredential, NewCredentialBody, credentialView } from './credential.dto.js';
import { issueCredential } from './issue-credential.handler.js';
import { revoke } from './revoke-credential.handler.js';

@ApiTags('credentials')
@Controller('v1/devices/:device/credentials')
export class CredentialsController {
  constructor(private readonly registry: Registry) {}

  @Post()
  @ApiOperation({ summary: 'Issues a credential; its secret is shown this one time' })
  @Roles('operator')
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({ type: IssuedCredential })
  issue(
    @CurrentOperator() operator: Operator,
    @Param('device', deviceParameter) device: string,
    @Body() body: NewCredentialBody,
  ): Promise<IssuedCredential> {
    return issueCredential(this.registry, operator, { device, body });
  }

  @Get()
  @ApiOperation({ summary: 'The credentials of a device, without their secrets' })
  @Roles('viewer')
  @ApiOkResponse({ type: CredentialList })
  list(
    @CurrentOperator() { tenant }: Operator,
    @Param('device', deviceParameter) device: string,
  ): Promise<CredentialList> {
    const nowMs = this.registry.clock.nowMs();
    return this.registry.read(async (db) => {
      if ((await findDevice(db, tenant, device)) === null) throw problems.notFound('device');
      const rows = await listCredentials(db, tenant, device);
      return { items: rows.map((row) => credentialView(row, nowMs)) };
    });
  }

  @Delete(':credential')
  @ApiOperation({ summary: 'Revokes a credential' })
  @Roles('operator')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'Also when it was revoked before.' })
  async revoke(
    @CurrentOperator() operator: Operator,
    @Param('device', deviceParameter) device: string,
    @Param('credential', credentialParameter) credential: string,
  ): Promise<void> {
    await revoke(this.registry, operator, { device, credential });
  }
}
