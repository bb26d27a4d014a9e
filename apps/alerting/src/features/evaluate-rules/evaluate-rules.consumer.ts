import { dataQualityMeasuredV1, gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { Consumes, type EventBatch } from '@myelin/messaging';
import { Controller } from '@nestjs/common';
import { EvaluateRulesHandler } from './evaluate-rules.handler.js';

@Controller()
export class EvaluateRulesConsumer {
  constructor(private readonly handler: EvaluateRulesHandler) {}

  @Consumes([measurementReportedV1, gatewayTickedV1], {
    group: 'alerting.evaluate-measurements',
    mode: 'batch',
    positions: EvaluateRulesHandler,
  })
  async evaluateMeasurements(batch: EventBatch): Promise<void> {
    await this.handler.evaluate(batch);
  }

  /** A topic with partitions of its own, in which nobody ticks: silence is nothing that it tells of. */
  @Consumes(dataQualityMeasuredV1, {
    group: 'alerting.evaluate-data-quality',
    mode: 'batch',
    positions: EvaluateRulesHandler,
  })
  async evaluateDataQuality(batch: EventBatch): Promise<void> {
    await this.handler.evaluate(batch);
  }
}
