import { isDeviceId, isTenantId } from '@myelin/kernel';
import { PathParameterPipe } from '@myelin/service-kit';
import { slug } from '../domain/free-content.js';

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidForm.test(text);
}

export const tenantParameter = new PathParameterPipe('tenant', isTenantId);
export const deviceParameter = new PathParameterPipe('device', isDeviceId);
export const siteParameter = new PathParameterPipe('site', (value) => slug.test(value));
export const profileParameter = new PathParameterPipe('profile', (value) => slug.test(value));
export const credentialParameter = new PathParameterPipe('credential', isUuid);
