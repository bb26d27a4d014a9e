import { ArtifactUploadEntity } from './artifact-upload.entity.js';
import { ArtifactBlobEntity, ArtifactEntity, ArtifactReferenceEntity } from './artifact.entity.js';
import { AssignmentEntryEntity } from './assignment-entry.entity.js';
import { ActionEntity, AssignmentEntity } from './assignment.entity.js';
import { DeviceEntity } from './device.entity.js';
import { RolloutEntryEntity } from './rollout-entry.entity.js';
import { RolloutEntity, WaveEntity } from './rollout.entity.js';

export const entities = [
  ArtifactEntity,
  ArtifactReferenceEntity,
  ArtifactBlobEntity,
  ArtifactUploadEntity,
  DeviceEntity,
  AssignmentEntity,
  ActionEntity,
  AssignmentEntryEntity,
  RolloutEntity,
  WaveEntity,
  RolloutEntryEntity,
];
