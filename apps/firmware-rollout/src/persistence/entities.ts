import { ActionEntity, AssignmentEntity } from './assignment.entity.js';
import { ArtifactBlobEntity, ArtifactEntity, ArtifactReferenceEntity } from './artifact.entity.js';
import { ArtifactUploadEntity } from './artifact-upload.entity.js';
import { AssignmentEntryEntity } from './assignment-entry.entity.js';
import { DeviceEntity } from './device.entity.js';
import { FirmwarePolicyEntity } from './firmware-policy.entity.js';
import { ReleaseEntity, ReleaseUsageEntity } from './release.entity.js';
import { ReleaseHistoryEntity } from './release-history.entity.js';
import { GatewayLoadEntity } from './rollout-gateway.entity.js';
import { RolloutEntity, WaveEntity } from './rollout.entity.js';
import { RolloutEntryEntity } from './rollout-entry.entity.js';
import { SigningKeyEntity } from './signing-key.entity.js';

export const entities = [
  ArtifactEntity,
  ArtifactReferenceEntity,
  ArtifactBlobEntity,
  ArtifactUploadEntity,
  DeviceEntity,
  GatewayLoadEntity,
  AssignmentEntity,
  ActionEntity,
  AssignmentEntryEntity,
  RolloutEntity,
  WaveEntity,
  RolloutEntryEntity,
  ReleaseEntity,
  ReleaseUsageEntity,
  SigningKeyEntity,
  FirmwarePolicyEntity,
  ReleaseHistoryEntity,
];
