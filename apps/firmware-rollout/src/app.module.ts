import { Module, type Type } from '@nestjs/common';
import { Firmware } from './firmware.js';

/** The table of contents: every use case that answers over HTTP. Those that run by themselves: `background.ts`. */
const controllers: readonly Type[] = [];

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
