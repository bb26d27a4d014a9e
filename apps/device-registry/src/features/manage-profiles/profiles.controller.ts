import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentOperator, Roles, pageOf, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { findProfile, listProfiles } from '../../persistence/profiles.repository.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { PageQuery, defaultPageSize, positionOf } from '../../validation/page.dto.js';
import { profileParameter } from '../../validation/path-parameter.pipes.js';
import { ProfileBody, ProfileList, ProfileView, profileView } from './profile.dto.js';
import { putProfile, removeProfile } from './profiles.handler.js';

@ApiTags('profiles')
@Controller('v1/profiles')
export class ProfilesController {
  constructor(private readonly registry: Registry) {}

  @Put(':profile')
  @ApiOperation({ summary: 'Creates or replaces a profile: what devices of a kind measure and what becomes of it' })
  @Roles('operator')
  @ApiHeader({ name: 'If-Match', required: false, description: 'needed to change an existing profile' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only create' })
  @ApiOkResponse({ type: ProfileView })
  @ApiCreatedResponse({ type: ProfileView })
  async put(
    @CurrentOperator() operator: Operator,
    @Param('profile', profileParameter) profile: string,
    @Body() body: ProfileBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProfileView> {
    const { row, created } = await putProfile(this.registry, operator, { profile, body, ifMatch, ifNoneMatch });
    reply.status(created ? 201 : 200);
    return versionedAnswer(reply, profileView(row));
  }

  @Get()
  @ApiOperation({ summary: 'Profiles, by name' })
  @Roles('viewer')
  @ApiOkResponse({ type: ProfileList })
  async list(@CurrentOperator() operator: Operator, @Query() query: PageQuery): Promise<ProfileList> {
    const limit = query.limit ?? defaultPageSize;
    const after = positionOf(query);
    const rows = await this.registry.read((db) => listProfiles(db, operator.tenant, after, limit + 1));
    return pageOf(rows, limit, profileView, (row) => row.profile);
  }

  @Get(':profile')
  @ApiOperation({ summary: 'A profile' })
  @Roles('viewer')
  @ApiOkResponse({ type: ProfileView })
  async read(
    @CurrentOperator() operator: Operator,
    @Param('profile', profileParameter) profile: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProfileView> {
    const row = await this.registry.read((db) => findProfile(db, operator.tenant, profile));
    if (row === null) throw problems.notFound('profile');
    return versionedAnswer(reply, profileView(row));
  }

  @Delete(':profile')
  @ApiOperation({ summary: 'Deletes a profile that no device has' })
  @Roles('operator')
  @HttpCode(204)
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiNoContentResponse()
  async remove(
    @CurrentOperator() operator: Operator,
    @Param('profile', profileParameter) profile: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await removeProfile(this.registry, operator, { profile, ifMatch });
  }
}
