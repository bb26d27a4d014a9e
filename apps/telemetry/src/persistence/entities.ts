import { DataQualityEntity } from './data-quality.entity.js';
import { DeviceEntity } from './device.entity.js';
import { LagAlarmEntity } from './lag-alarm.entity.js';
import { LatestEntity } from './latest.entity.js';
import { MeasurementEntity } from './measurement.entity.js';
import { PositionEntity } from './position.entity.js';

export const entities = [
  DataQualityEntity,
  DeviceEntity,
  LagAlarmEntity,
  LatestEntity,
  MeasurementEntity,
  PositionEntity,
];
