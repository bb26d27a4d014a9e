import { isDeviceId, isTenantId } from '@myelin/kernel';
import { PathParameterPipe, isUuid } from '@myelin/service-kit';
import { slug } from '../domain/free-content.js';

export const tenantParameter = new PathParameterPipe('tenant', isTenantId);
export const deviceParameter = new PathParameterPipe('device', isDeviceId);
export const siteParameter = new PathParameterPipe('site', (value) => slug.test(value));
export const profileParameter = new PathParameterPipe('profile', (value) => slug.test(value));
export const windowParameter = new PathParameterPipe('window', (value) => slug.test(value));
export const credentialParameter = new PathParameterPipe('credential', isUuid);
