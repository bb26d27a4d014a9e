import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { type Lifecycle, lifecycles } from '../../domain/lifecycle.js';
import { IsPlainText } from '../../validation/rules.decorators.js';

export class TransitionBody {
  @ApiProperty({ enum: lifecycles })
  @IsIn(lifecycles)
  to!: Lifecycle;

  @ApiProperty({ minLength: 1, maxLength: 512 })
  @IsPlainText(1, 512)
  reason!: string;
}
