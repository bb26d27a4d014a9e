import 'reflect-metadata';
import { gatewayTickedV1, measurementReportedV1 } from '@myelin/contracts';
import { Consumes, type EventBatch, type KafkaSettings, KafkaTransport, type ReceivedRecord } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { waitFor } from '@myelin/testing';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** Everything on the telemetry topic, in the order of each partition, with the bytes as they are. */
export interface TelemetryRecorder {
  readonly measurements: readonly ReceivedRecord[];
  readonly ticks: readonly ReceivedRecord[];
  readonly all: readonly ReceivedRecord[];
  /** Waits until at least so many measurements were seen. */
  untilMeasurements(count: number, timeoutMs?: number): Promise<readonly ReceivedRecord[]>;
  close(): Promise<void>;
}

export async function recordTelemetry(settings: KafkaSettings): Promise<TelemetryRecorder> {
  const all: ReceivedRecord[] = [];

  @Controller()
  class Recorder {
    @Consumes([measurementReportedV1, gatewayTickedV1], { group: 'telemetry.store-measurements', mode: 'batch' })
    receive(batch: EventBatch<unknown>): void {
      all.push(...batch.records);
    }
  }
  @Module({ controllers: [Recorder] })
  class RecorderModule {}

  const strategy = new KafkaTransport({ settings, logger: silentLogger });
  const app: INestMicroservice = await NestFactory.createMicroservice(RecorderModule, { strategy, logger: false });
  await app.listen();
  const of = (type: string) => all.filter(({ contract }) => contract.type === type);
  const recorder: TelemetryRecorder = {
    get measurements() {
      return of(measurementReportedV1.type);
    },
    get ticks() {
      return of(gatewayTickedV1.type);
    },
    all,
    async untilMeasurements(count, timeoutMs = 15_000) {
      const what = (): string => `${count} measurements, there are ${recorder.measurements.length}`;
      await waitFor(() => recorder.measurements.length >= count, { what, timeoutMs });
      return recorder.measurements;
    },
    close: () => app.close(),
  };
  return recorder;
}
