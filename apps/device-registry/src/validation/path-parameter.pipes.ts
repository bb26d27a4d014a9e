import { type PipeTransform } from '@nestjs/common';
import { isDeviceId, isTenantId } from '@myelin/kernel';
import { slug } from '../domain/free-content.js';
import { problems } from '../problems.js';

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidForm.test(text);
}

/** Ids in paths: what could never be an id is refused before anything is looked up. */
class PathParameterPipe implements PipeTransform<string, string> {
  constructor(
    private readonly name: string,
    private readonly accepts: (value: string) => boolean,
  ) {}

  transform(value: string): string {
    if (this.accepts(value)) return value;
    throw problems.invalid(`/${this.name}`, `the path does not name a ${this.name}: its form is wrong`);
  }
}

export const tenantParameter = new PathParameterPipe('tenant', isTenantId);
export const deviceParameter = new PathParameterPipe('device', isDeviceId);
export const siteParameter = new PathParameterPipe('site', (value) => slug.test(value));
export const profileParameter = new PathParameterPipe('profile', (value) => slug.test(value));
export const credentialParameter = new PathParameterPipe('credential', isUuid);
