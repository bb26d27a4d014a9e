import { AssignmentEntryEntity } from './assignment-entry.entity.js';
import { ActionEntity, AssignmentEntity } from './assignment.entity.js';
import { DeviceEntity } from './device.entity.js';
import { RolloutEntryEntity } from './rollout-entry.entity.js';
import { RolloutEntity, WaveEntity } from './rollout.entity.js';

export const entities = [
  DeviceEntity,
  AssignmentEntity,
  ActionEntity,
  AssignmentEntryEntity,
  RolloutEntity,
  WaveEntity,
  RolloutEntryEntity,
];
