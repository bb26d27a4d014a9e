import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsNotEmpty, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import { CodedError, tenantId } from '@myelin/kernel';
import { CurrentOperator, HasNoFaults, type Operator, Problem, Public, Roles, requireIfMatch } from '../src/index.js';

export class SampleError extends CodedError<'sample.missing' | 'sample.away' | 'sample.broken'> {}

class Position {
  @ApiProperty()
  @IsInt()
  @Max(90)
  lat!: number;
}

class CreateThing {
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  name!: string;

  @ApiProperty({ type: [Position], required: false })
  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Position)
  positions?: Position[];

  @IsOptional()
  @HasNoFaults(oddIn)
  counts?: Record<string, number>;
}

function oddIn(value: unknown): { path: string[]; detail: string }[] {
  const odd = Object.entries(value as Record<string, number>).filter(([, count]) => count % 2 === 1);
  return odd.map(([name]) => ({ path: [name, 'count'], detail: 'must be even' }));
}

class ListThings {
  @ApiProperty({ required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  limit?: number;
}

/** Requests that wait until a test lets them go. */
export const gate = {
  entered: Promise.withResolvers<void>(),
  open: Promise.withResolvers<void>(),
  reset(): void {
    this.entered = Promise.withResolvers<void>();
    this.open = Promise.withResolvers<void>();
  },
};

@Controller('v1/things')
@Roles('viewer')
export class ThingsController {
  @Get()
  list(@Query() query: ListThings, @CurrentOperator() operator: Operator): object {
    return { limit: query.limit ?? null, operator };
  }

  @Post()
  @Roles('operator')
  create(@Body() body: CreateThing): object {
    return { isClass: body instanceof CreateThing, name: body.name };
  }

  @Post(':thing/release')
  @Roles('release-manager')
  release(@Param('thing') thing: string): object {
    return { thing };
  }

  @Get(':thing/fail')
  fail(): never {
    throw new Error('secret detail');
  }

  @Post(':thing/rename')
  @Roles('admin')
  rename(@Headers('if-match') ifMatch: string | undefined): object {
    requireIfMatch(ifMatch, 7);
    return { renamed: true };
  }
}

@Controller('v1/tenants')
@Roles('platform-admin')
export class TenantsController {
  @Get()
  list(): object {
    return [];
  }
}

@Controller('v1/faults')
@Public()
export class FaultsController {
  @Get(':kind')
  fault(@Param('kind') kind: string): never {
    if (kind === 'problem')
      throw new Problem({ status: 409, type: 'thing-exists', extensions: { thing: 'a', status: 1 } });
    if (kind === 'nest') throw new NotFoundException('no such thing');
    if (kind === 'mapped') throw SampleError.permanent('sample.missing', 'no such sample');
    if (kind === 'retryable') throw SampleError.retryable('sample.away', 'secret host db-1 is away');
    if (kind === 'permanent') throw SampleError.permanent('sample.broken', 'secret invariant');
    if (kind === 'id') tenantId('not a tenant');
    throw new Error('secret detail');
  }
}

@Controller('v1/slow')
@Public()
export class SlowController {
  @Get()
  @HttpCode(200)
  async wait(): Promise<object> {
    gate.entered.resolve();
    await gate.open.promise;
    return { done: true };
  }
}

@Module({ controllers: [ThingsController, TenantsController, FaultsController, SlowController] })
export class SampleModule {}
