import { createDeviceDirectory, createFollowedDevices } from '@myelin/device-identity';
import { CodedError } from '@myelin/kernel';
import type { KafkaSettings } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { BackgroundWork, type HealthCheck, type HotRoute } from '@myelin/service-kit';
import type { Artifacts } from './artifacts/artifacts.js';
import type { FirmwareConfig } from './config.js';
import { ConfirmationHandler } from './features/serve-devices/confirmation.handler.js';
import { GatewayTokens } from './features/serve-devices/gateway-tokens.js';
import { LastSeen } from './features/serve-devices/last-seen.js';
import { DeviceLimits } from './features/serve-devices/device-limits.js';
import { OfferedFiles } from './features/serve-devices/offered-files.js';
import { Polls } from './features/serve-devices/poll.js';
import { ServeDevicesHandler } from './features/serve-devices/serve-devices.handler.js';
import { RefusalNotes } from './features/serve-devices/refusal-notes.js';
import { serveDevicesRoutes } from './features/serve-devices/serve-devices.route.js';
import { UpdateTable } from './features/serve-devices/update-table.js';
import type { Firmware } from './firmware.js';

const retryMs = 1_000;

/** What serves devices: who they are, and what they are told, is known in memory. */
export class RunningDeviceEdge {
  readonly routes: readonly HotRoute[];
  readonly lastSeen: LastSeen;
  readonly polls: Polls;
  private readonly directory: ReturnType<typeof createDeviceDirectory>;
  private readonly updates: UpdateTable;
  private readonly followed: ReturnType<typeof createFollowedDevices>;
  private readonly starting: BackgroundWork;
  private readonly writing: BackgroundWork;

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
    this.followed = createFollowedDevices(kafka, logger);
    const { pollingIntervalMs: baseMs, pollingDeviationPercent: deviationPercent, urgentPollingMs: urgentMs } = config;
    this.lastSeen = new LastSeen(firmware);
    this.polls = new Polls({ baseMs, deviationPercent, urgentMs });
    const handler = new ServeDevicesHandler(firmware);
    this.routes = serveDevicesRoutes({
      ...{ directory: this.directory, updates: this.updates, artifacts, clock: firmware.clock },
      ...{ polls: this.polls, lastSeen: this.lastSeen, gatewayTokens: new GatewayTokens(config.gatewayTokens) },
      confirmations: new ConfirmationHandler(firmware),
      handler,
      files: new OfferedFiles((of, actionId) => handler.release(of, actionId)),
      limits: new DeviceLimits(config),
      followed: this.followed,
      refusals: new RefusalNotes(logger),
      bodyIdleMs: config.deviceBodyIdleMs,
      publicUrl: config.deviceUrl,
    });
    this.writing = new BackgroundWork('last-seen', () => this.writeSeen(), config.lastSeenWriteMs, logger);
    this.starting = new BackgroundWork('device-edge', () => this.begin(), retryMs, logger);
  }

  /** Returns at once: until Kafka is there and everything is known, devices are told to come again. */
  start(): void {
    void this.starting.startNow();
    // Of use to operators only, so nothing waits for it. It tries until it is there, and fails only when it is closed before.
    void this.followed.start().catch(() => undefined);
    this.writing.start();
  }

  /**
   * Critical: a fresh instance would turn devices away that others serve. What is known once stays known, so that Kafka away
   * later takes no instance out.
   */
  health(): HealthCheck {
    return {
      ...{ name: 'device-edge', critical: true },
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
    await Promise.all([this.starting.stop(), this.writing.stop()]);
    // Who was heard in the last minute is forgotten when there is no database now.
    await this.lastSeen.write().catch(() => undefined);
    await Promise.all([this.directory.close(), this.updates.close(), this.followed.close()]);
  }

  private get isReady(): boolean {
    return this.directory.ready && this.updates.ready;
  }

  private async writeSeen(): Promise<boolean> {
    await this.lastSeen.write();
    return false;
  }

  private async begin(): Promise<boolean> {
    if (!this.isReady) await Promise.all([this.directory.start(), this.updates.start()]);
    return false;
  }
}
