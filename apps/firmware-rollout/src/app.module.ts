import { Module, type Type } from '@nestjs/common';
import { Artifacts } from './artifacts/artifacts.js';
import { FollowDevicesConsumer } from './features/follow-devices/follow-devices.consumer.js';
import { FollowGatewaysConsumer } from './features/follow-gateways/follow-gateways.consumer.js';
import { FirmwarePoliciesController } from './features/manage-firmware-policies/firmware-policies.controller.js';
import { ReleaseStateController } from './features/manage-releases/release-state.controller.js';
import { ReleasesController } from './features/manage-releases/releases.controller.js';
import { AssignmentsController } from './features/manage-rollouts/assignments.controller.js';
import { DeviceAssignmentsController } from './features/manage-rollouts/device-assignments.controller.js';
import { RolloutActionsController } from './features/manage-rollouts/rollout-actions.controller.js';
import { RolloutEventsController } from './features/manage-rollouts/rollout-events.controller.js';
import { RolloutsController } from './features/manage-rollouts/rollouts.controller.js';
import { LastSeen } from './features/serve-devices/last-seen.js';
import { Polls } from './features/serve-devices/poll.js';
import { UpdateStateController } from './features/serve-devices/update-state.controller.js';
import { SigningKeysController } from './features/manage-signing-keys/signing-keys.controller.js';
import { ArtifactsController } from './features/read-artifacts/artifacts.controller.js';
import { UploadsController } from './features/upload-artifact/uploads.controller.js';
import { Firmware } from './firmware.js';

/** The table of contents: every use case that answers over HTTP or consumes. Those that run by themselves: `background.ts`. */
const controllers: readonly Type[] = [
  UploadsController,
  ArtifactsController,
  ReleasesController,
  ReleaseStateController,
  SigningKeysController,
  FirmwarePoliciesController,
  RolloutsController,
  RolloutActionsController,
  RolloutEventsController,
  AssignmentsController,
  DeviceAssignmentsController,
  UpdateStateController,
  FollowDevicesConsumer,
  FollowGatewaysConsumer,
];

export interface AppParts {
  readonly firmware: Firmware;
  readonly artifacts: Artifacts;
  readonly lastSeen: LastSeen;
  readonly polls: Polls;
}

export function appModule({ firmware, artifacts, lastSeen, polls }: AppParts): Type {
  @Module({
    controllers: [...controllers],
    providers: [
      { provide: Firmware, useValue: firmware },
      { provide: Artifacts, useValue: artifacts },
      { provide: LastSeen, useValue: lastSeen },
      { provide: Polls, useValue: polls },
    ],
  })
  class FirmwareRolloutModule {}
  return FirmwareRolloutModule;
}
