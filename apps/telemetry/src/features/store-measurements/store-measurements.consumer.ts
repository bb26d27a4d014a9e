import { gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { Consumes, type EventBatch } from '@myelin/messaging';
import { Controller } from '@nestjs/common';
import { StoreMeasurementsHandler } from './store-measurements.handler.js';

@Controller()
export class StoreMeasurementsConsumer {
  constructor(private readonly handler: StoreMeasurementsHandler) {}

  /** Ticks are taken too: they move the position of a partition in which nobody reports. */
  @Consumes([measurementReportedV1, gatewayTickedV1], {
    group: 'telemetry.store-measurements',
    mode: 'batch',
    positions: StoreMeasurementsHandler,
  })
  async store(batch: EventBatch): Promise<void> {
    await this.handler.store(batch);
  }
}
