import { PathParameterPipe } from '@myelin/service-kit';
import { slug } from '../domain/rules/parse-rule.js';

export const ruleParameter = new PathParameterPipe('rule', (value) => slug.test(value));
