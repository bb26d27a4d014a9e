import { PathParameterPipe } from '@myelin/service-kit';
import { keyIdPattern } from '../domain/manifests/envelope.js';
import { slugPattern } from '../domain/releases/release.js';

const matches = (pattern: string) => (value: string) => new RegExp(pattern).test(value);

export const releaseParameter = new PathParameterPipe('release', matches(slugPattern));
export const keyidParameter = new PathParameterPipe('keyid', matches(keyIdPattern));
export const profileParameter = new PathParameterPipe('profile', matches(slugPattern));
