import { Module } from '@nestjs/common';

/**
 * Table of contents: features/report-telemetry publishes `measurement-reported` (a route on Node's own server,
 * see start-gateway.ts), features/write-ticks publishes `gateway-ticked`,
 * features/tell-load `gateway-load-state`. No Nest controller, no consumer group: the
 * registry's state topics are read by the device directory of `@myelin/device-identity`.
 */
@Module({})
export class AppModule {}
