import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import type { TryOutcome } from '../../domain/notifying/delivery.js';
import type { Receiver } from '../../domain/notifying/receivers.js';
import type { ReceiverTested } from './receiver-tests.js';

export class ReceiverTestBody {
  @ApiProperty({ minLength: 1, maxLength: 64, description: 'the name of one in the policy' })
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  receiver!: string;
}

/** What came of a test. */
export class ReceiverTestView {
  @ApiProperty({ format: 'uuid', description: 'what the receiver got as `webhook-id`, or in `Message-ID`' })
  notification!: string;

  @ApiProperty()
  receiver!: string;

  @ApiProperty({ enum: ['webhook', 'email', 'alertmanager'] })
  kind!: Receiver['kind'];

  @ApiProperty({
    enum: ['delivered', 'failed', 'refused'],
    description: '`failed`: a notification would be tried again; `refused`: it would be parked',
  })
  outcome!: TryOutcome['kind'];

  @ApiPropertyOptional({ description: 'why it was not delivered' })
  error?: string;
}

export function receiverTestView({ id, receiver, outcome }: ReceiverTested): ReceiverTestView {
  return {
    ...{ notification: id, receiver: receiver.name, kind: receiver.kind, outcome: outcome.kind },
    ...(outcome.kind === 'delivered' ? {} : { error: outcome.error }),
  };
}
