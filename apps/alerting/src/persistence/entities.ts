import { DeliveryEntity, DeliveryTryEntity } from './delivery.entity.js';
import { DispatchedAlertEntity, DispatchedGroupEntity } from './dispatcher-state.entity.js';

export const entities = [DeliveryEntity, DeliveryTryEntity, DispatchedAlertEntity, DispatchedGroupEntity];
