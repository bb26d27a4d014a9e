import { AssignmentEntryEntity } from './assignment-entry.entity.js';
import { ActionEntity, AssignmentEntity } from './assignment.entity.js';
import { DeviceEntity } from './device.entity.js';

export const entities = [DeviceEntity, AssignmentEntity, ActionEntity, AssignmentEntryEntity];
