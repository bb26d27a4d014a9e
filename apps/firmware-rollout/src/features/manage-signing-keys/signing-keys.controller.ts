import { CurrentOperator, type Operator, Roles, pageOf } from '@myelin/service-kit';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Firmware } from '../../firmware.js';
import { findSigningKey, listSigningKeys } from '../../persistence/signing-keys.repository.js';
import { problems } from '../../problems.js';
import { keyidParameter } from '../../releases/path-parameters.js';
import {
  RevokeKeyBody,
  RevokedKeyView,
  SigningKeyBody,
  SigningKeyList,
  SigningKeyQuery,
  SigningKeyView,
  defaultPageSize,
  positionOf,
  publicKeyOf,
  signingKeyView,
} from './signing-key.dto.js';
import { createSigningKey, retireSigningKey, revokeSigningKey } from './signing-keys.handler.js';

@ApiTags('signing keys')
@Controller('v1/signing-keys')
export class SigningKeysController {
  constructor(private readonly firmware: Firmware) {}

  @Post()
  @ApiOperation({ summary: 'Trusts a public key to sign manifests of releases' })
  @Roles('admin')
  @ApiCreatedResponse({ type: SigningKeyView })
  @ApiBadRequestResponse({ description: '`private-key-refused`' })
  @ApiConflictResponse({ description: '`signing-key-exists`, `signing-key-limit`' })
  async create(@CurrentOperator() operator: Operator, @Body() body: SigningKeyBody): Promise<SigningKeyView> {
    const command = { name: body.name, publicKey: publicKeyOf(body) };
    return signingKeyView(await createSigningKey(this.firmware, operator, command));
  }

  @Get()
  @ApiOperation({ summary: 'Signing keys, by keyid' })
  @Roles('viewer')
  @ApiOkResponse({ type: SigningKeyList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: SigningKeyQuery): Promise<SigningKeyList> {
    const limit = query.limit ?? defaultPageSize;
    const page = { after: positionOf(query), limit: limit + 1 };
    const rows = await this.firmware.read((db) => listSigningKeys(db, tenant, query.state, page));
    return pageOf(rows, limit, signingKeyView, ({ keyid }) => keyid);
  }

  @Get(':keyid')
  @ApiOperation({ summary: 'A signing key' })
  @Roles('viewer')
  @ApiOkResponse({ type: SigningKeyView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('keyid', keyidParameter) keyid: string,
  ): Promise<SigningKeyView> {
    const row = await this.firmware.read((db) => findSigningKey(db, tenant, keyid));
    if (row === null) throw problems.notFound('signing-key');
    return signingKeyView(row);
  }

  @Post(':keyid/retire')
  @ApiOperation({ summary: 'Lets a key vouch for what is published already, and for nothing new' })
  @Roles('admin')
  @HttpCode(200)
  @ApiOkResponse({ type: SigningKeyView })
  @ApiConflictResponse({ description: '`signing-key-revoked`' })
  async retire(
    @CurrentOperator() operator: Operator,
    @Param('keyid', keyidParameter) keyid: string,
  ): Promise<SigningKeyView> {
    return signingKeyView(await retireSigningKey(this.firmware, operator, keyid));
  }

  @Post(':keyid/revoke')
  @ApiOperation({ summary: 'Distrusts a key for good, and everything that it has signed' })
  @Roles('admin')
  @HttpCode(200)
  @ApiOkResponse({ type: RevokedKeyView })
  async revoke(
    @CurrentOperator() operator: Operator,
    @Param('keyid', keyidParameter) keyid: string,
    @Body() { reason }: RevokeKeyBody,
  ): Promise<RevokedKeyView> {
    const { row, changed } = await revokeSigningKey(this.firmware, operator, { keyid, reason });
    return { ...signingKeyView(row), releasesChanged: changed.length };
  }
}
