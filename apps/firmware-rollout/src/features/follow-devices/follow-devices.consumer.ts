import { deviceStateV1, type PayloadOf } from '@myelin/contracts';
import { Consumes, type EventBatch } from '@myelin/messaging';
import { Controller } from '@nestjs/common';
import { Firmware } from '../../firmware.js';
import { followDevices } from './follow-devices.handler.js';

@Controller()
export class FollowDevicesConsumer {
  constructor(private readonly firmware: Firmware) {}

  @Consumes(deviceStateV1, { group: 'firmware-rollout.follow-devices', mode: 'batch' })
  async follow(batch: EventBatch<PayloadOf<typeof deviceStateV1>>): Promise<void> {
    await followDevices(this.firmware, batch);
  }
}
