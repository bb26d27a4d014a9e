import { PathParameterPipe } from '@myelin/service-kit';
import { slug } from '../domain/rules/parse-rule.js';

export const ruleParameter = new PathParameterPipe('rule', (value) => slug.test(value));

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const alarmParameter = new PathParameterPipe('alarm', (value) => uuidForm.test(value));
