import { AlarmEntity, AlarmEntryEntity, FlappingEntity } from './alarm.entity.js';
import { CheckpointEntity, DeviceMemoryEntity } from './checkpoint.entity.js';
import { DeliveryEntity, DeliveryTryEntity } from './delivery.entity.js';
import { DispatchedAlertEntity, DispatchedGroupEntity } from './dispatcher-state.entity.js';
import { RemovedRuleEntity, RuleEntity, RuleUsageEntity } from './rule.entity.js';

export const entities = [
  DeliveryEntity,
  DeliveryTryEntity,
  DispatchedAlertEntity,
  DispatchedGroupEntity,
  RuleEntity,
  RuleUsageEntity,
  RemovedRuleEntity,
  AlarmEntity,
  AlarmEntryEntity,
  FlappingEntity,
  CheckpointEntity,
  DeviceMemoryEntity,
];
