import type { PipeTransform } from '@nestjs/common';
import { validationFailed } from './problem.js';

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** In whatever case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuidForm.test(value);
}

/** Ids in paths: what could never be an id is refused before anything is looked up. */
export class PathParameterPipe implements PipeTransform<string, string> {
  constructor(
    private readonly name: string,
    private readonly accepts: (value: string) => boolean,
  ) {}

  /** @throws Problem 400 validation-failed */
  transform(value: string): string {
    if (this.accepts(value)) return value;
    const detail = `the path names no ${this.name}: its form is wrong`;
    throw validationFailed([{ pointer: `/${this.name}`, detail }]);
  }
}
