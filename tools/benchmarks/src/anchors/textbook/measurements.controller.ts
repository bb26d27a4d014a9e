import { Body, Controller, Headers, HttpCode, Inject, ParseArrayPipe, Post } from '@nestjs/common';
import { ClientKafka, EventPattern, Payload } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { DataSource } from 'typeorm';
import { MeasurementDto } from './measurement.dto.js';
import { MeasurementEntity } from './measurement.entity.js';

export const textbookTopic = 'textbook.measurement';

interface Published extends MeasurementDto {
  readonly device: string;
}

/** As the documentation of Nest, kafkajs and TypeORM has it: validate, send each message, consume each, save each. */
@Controller()
export class MeasurementsController {
  constructor(
    @Inject('KAFKA') private readonly kafka: ClientKafka,
    private readonly database: DataSource,
  ) {}

  @Post('v1/telemetry')
  @HttpCode(202)
  async report(
    @Body(new ParseArrayPipe({ items: MeasurementDto, whitelist: true })) measurements: MeasurementDto[],
    @Headers('authorization') device: string,
  ): Promise<{ accepted: number }> {
    await Promise.all(
      measurements.map((measurement) =>
        lastValueFrom(this.kafka.emit(textbookTopic, { key: device, value: { ...measurement, device } })),
      ),
    );
    return { accepted: measurements.length };
  }

  @EventPattern(textbookTopic)
  async store(@Payload() { device, ts, boot, seq, values }: Published): Promise<void> {
    await this.database.getRepository(MeasurementEntity).save({ device, ts: new Date(ts), boot, seq, values });
  }
}
