import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Fleet } from '../../domain/fleet/fleet.js';
import { countPeers } from './count-peers.js';
import { DryRunSchema, DryRunView } from './dry-run.dto.js';
import { dryRun } from './dry-run.js';
import { readDryRun } from './read-dry-run.js';

@ApiTags('rules')
@Controller('v1/rules/dry-run')
export class DryRunController {
  constructor(private readonly fleet: Fleet) {}

  @Post()
  @ApiOperation({ summary: 'Says what is wrong with a rule, and what it would raise and clear over given readings' })
  @Roles('operator')
  @HttpCode(200)
  @ApiBody({ type: DryRunSchema })
  @ApiOkResponse({ type: DryRunView })
  run(@CurrentOperator() { tenant }: Operator, @Body() body: unknown): DryRunView {
    const asked = readDryRun(body);
    const peers = countPeers(this.fleet, tenant, asked.definition);
    return { ...dryRun(asked), ...(peers === undefined ? {} : { peers }) };
  }
}
