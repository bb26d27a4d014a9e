import { HasNoFaults } from '@myelin/service-kit';
import { ApiProperty } from '@nestjs/swagger';
import { IsPlainText } from '../../alarms/plain-text.decorator.js';
import { alarmLimits } from '../../domain/alarms/alarm.js';
import { parseInstant } from '../../domain/definitions/instant.js';

/** RFC 3339 with an offset. */
const IsInstant = (): PropertyDecorator =>
  HasNoFaults((value) =>
    typeof value === 'string' && parseInstant(value) !== undefined
      ? []
      : [{ path: [], detail: 'must be an RFC 3339 date and time with an offset' }],
  );

export class ShelveBody {
  @ApiProperty({ format: 'date-time', description: 'ahead, by 30 days at most' })
  @IsInstant()
  until!: string;
}

export class AssignBody {
  @ApiProperty({ minLength: 1, maxLength: alarmLimits.assigneeLength })
  @IsPlainText(alarmLimits.assigneeLength)
  assignee!: string;
}

export class CommentBody {
  @ApiProperty({ minLength: 1, maxLength: alarmLimits.commentLength })
  @IsPlainText(alarmLimits.commentLength)
  text!: string;
}

export class ClearBody {
  @ApiProperty({ minLength: 1, maxLength: alarmLimits.reasonLength, description: 'why it is over, for the history' })
  @IsPlainText(alarmLimits.reasonLength)
  reason!: string;
}
