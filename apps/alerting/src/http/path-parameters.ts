import { PathParameterPipe } from '@myelin/service-kit';
import { slug } from '../domain/rules/parse-rule.js';

export const ruleParameter = new PathParameterPipe('rule', (value) => slug.test(value));

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** In whatever case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuidForm.test(value);
}

export const alarmParameter = new PathParameterPipe('alarm', isUuid);
export const silenceParameter = new PathParameterPipe('silence', isUuid);
export const notificationParameter = new PathParameterPipe('notification', isUuid);
