import { Module, type Type } from '@nestjs/common';
import { FollowDevicesConsumer } from './features/follow-devices/follow-devices.consumer.js';
import { Firmware } from './firmware.js';

/** The table of contents: every use case that answers over HTTP or consumes. Those that run by themselves: `background.ts`. */
const controllers: readonly Type[] = [FollowDevicesConsumer];

export interface AppParts {
  readonly firmware: Firmware;
}

export function appModule({ firmware }: AppParts): Type {
  @Module({
    controllers: [...controllers],
    providers: [{ provide: Firmware, useValue: firmware }],
  })
  class FirmwareRolloutModule {}
  return FirmwareRolloutModule;
}
