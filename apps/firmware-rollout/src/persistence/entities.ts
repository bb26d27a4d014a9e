import { DeviceEntity } from './device.entity.js';

export const entities = [DeviceEntity];
