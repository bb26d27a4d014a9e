import { type PayloadOf, gatewayLoadStateV1 } from '@myelin/contracts';
import { Consumes, type EventBatch } from '@myelin/messaging';
import { Controller } from '@nestjs/common';
import { Firmware } from '../../firmware.js';
import { followGateways } from './follow-gateways.handler.js';

@Controller()
export class FollowGatewaysConsumer {
  constructor(private readonly firmware: Firmware) {}

  @Consumes(gatewayLoadStateV1, { group: 'firmware-rollout.follow-gateways', mode: 'batch' })
  async follow(batch: EventBatch<PayloadOf<typeof gatewayLoadStateV1>>): Promise<void> {
    await followGateways(this.firmware, batch);
  }
}
