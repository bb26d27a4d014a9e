import { createDeviceDirectory } from '@myelin/device-identity';
import { CodedError } from '@myelin/kernel';
import type { KafkaSettings } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { BackgroundWork, type HealthCheck, type HotRoute } from '@myelin/service-kit';
import type { Artifacts } from './artifacts/artifacts.js';
import type { FirmwareConfig } from './config.js';
import { ConfirmationHandler } from './features/serve-devices/confirmation.handler.js';
import { Polls } from './features/serve-devices/poll.js';
import { ServeDevicesHandler } from './features/serve-devices/serve-devices.handler.js';
import { serveDevicesRoute } from './features/serve-devices/serve-devices.route.js';
import { UpdateTable } from './features/serve-devices/update-table.js';
import type { Firmware } from './firmware.js';

const retryMs = 1_000;

/** What serves devices: who they are, and what they are told, is known in memory. */
export class RunningDeviceEdge {
  readonly route: HotRoute;
  private readonly directory: ReturnType<typeof createDeviceDirectory>;
  private readonly updates: UpdateTable;
  private readonly starting: BackgroundWork;

  constructor(
    config: FirmwareConfig,
    parts: {
      readonly firmware: Firmware;
      readonly artifacts: Artifacts;
      readonly kafka: KafkaSettings;
      readonly logger: Logger;
    },
  ) {
    const { firmware, artifacts, kafka, logger } = parts;
    this.directory = createDeviceDirectory(kafka, logger);
    this.updates = new UpdateTable(kafka, logger);
    const { pollingIntervalMs: baseMs, pollingDeviationPercent: deviationPercent, urgentPollingMs: urgentMs } = config;
    this.route = serveDevicesRoute({
      ...{ directory: this.directory, updates: this.updates, artifacts, clock: firmware.clock },
      polls: new Polls({ baseMs, deviationPercent, urgentMs }),
      handler: new ServeDevicesHandler(firmware),
      confirmations: new ConfirmationHandler(firmware),
      publicUrl: config.deviceUrl,
    });
    this.starting = new BackgroundWork('device-edge', () => this.begin(), retryMs, logger);
  }

  /** Returns at once: until Kafka is there and everything is known, devices are told to come again. */
  start(): void {
    void this.starting.startNow();
  }

  /** Not critical: operators are served without it. */
  health(): HealthCheck {
    return {
      ...{ name: 'device-edge', critical: false },
      check: async () => {
        if (this.isReady) return;
        throw CodedError.retryable(
          'firmware-rollout.devices-unknown',
          'devices and what they are told are not known yet',
        );
      },
    };
  }

  async close(): Promise<void> {
    await this.starting.stop();
    await Promise.all([this.directory.close(), this.updates.close()]);
  }

  private get isReady(): boolean {
    return this.directory.ready && this.updates.ready;
  }

  private async begin(): Promise<boolean> {
    if (!this.isReady) await Promise.all([this.directory.start(), this.updates.start()]);
    return false;
  }
}
