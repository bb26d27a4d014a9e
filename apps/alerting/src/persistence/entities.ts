import { AlarmEntity, AlarmEntryEntity, FlappingEntity } from './alarm.entity.js';
import { CheckpointEntity, DeviceMemoryEntity } from './checkpoint.entity.js';
import { DeliveryEntity, DeliveryTryEntity } from './delivery.entity.js';
import { DispatchedAlertEntity, DispatchedGroupEntity, DispatcherEntity } from './dispatcher-state.entity.js';
import { NotificationPolicyEntity } from './notification-policy.entity.js';
import {
  PeerComparisonEntity,
  PeerContributionEntity,
  PeerProgressEntity,
  PeerStandingEntity,
} from './peer-round.entity.js';
import { RemovedRuleEntity, RuleEntity, RuleUsageEntity } from './rule.entity.js';
import { SilenceChangesEntity, SilenceEntity } from './silence.entity.js';

export const entities = [
  DeliveryEntity,
  DeliveryTryEntity,
  DispatchedAlertEntity,
  DispatchedGroupEntity,
  DispatcherEntity,
  NotificationPolicyEntity,
  SilenceEntity,
  SilenceChangesEntity,
  RuleEntity,
  RuleUsageEntity,
  RemovedRuleEntity,
  AlarmEntity,
  AlarmEntryEntity,
  FlappingEntity,
  CheckpointEntity,
  DeviceMemoryEntity,
  PeerComparisonEntity,
  PeerContributionEntity,
  PeerProgressEntity,
  PeerStandingEntity,
];
