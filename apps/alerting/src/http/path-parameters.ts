import { PathParameterPipe, isUuid } from '@myelin/service-kit';
import { slug } from '../domain/rules/parse-rule.js';

export const ruleParameter = new PathParameterPipe('rule', (value) => slug.test(value));

export const alarmParameter = new PathParameterPipe('alarm', isUuid);
export const silenceParameter = new PathParameterPipe('silence', isUuid);
export const notificationParameter = new PathParameterPipe('notification', isUuid);
