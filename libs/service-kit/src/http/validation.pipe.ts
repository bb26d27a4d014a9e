import { type ArgumentMetadata, type PipeTransform, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { locatedFaults } from './faults-within.decorator.js';
import { type ProblemFault, validationFailed } from './problem.js';

/**
 * Checks DTOs with class-validator: unknown members are refused, classes are made. Faults in a body carry RFC 6901
 * pointers, faults in a query or a path the parameter's name.
 */
export class ProblemValidationPipe implements PipeTransform {
  readonly #pipe = new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: true, value: true },
    exceptionFactory: (errors) => new Faults(errors),
  });

  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (isDto(metadata) && (typeof value !== 'object' || value === null || Array.isArray(value))) {
      throw validationFailed([{ pointer: '', detail: 'must be an object' }]);
    }
    try {
      return (await this.#pipe.transform(value, metadata)) as unknown;
    } catch (error) {
      if (!(error instanceof Faults)) throw error;
      const found = faultsOf(error.errors, '');
      throw validationFailed(metadata.type === 'body' ? found : found.map(inParameter));
    }
  }
}

const notDtos: readonly unknown[] = [undefined, Object, Array, String, Number, Boolean, Buffer];

function isDto({ type, metatype }: ArgumentMetadata): boolean {
  return type === 'body' && !notDtos.includes(metatype);
}

class Faults extends Error {
  constructor(readonly errors: readonly ValidationError[]) {
    super('validation failed');
  }
}

function faultsOf(errors: readonly ValidationError[], parent: string): { pointer: string; detail: string }[] {
  return errors.flatMap((error) => {
    const { property, constraints, children } = error;
    const value: unknown = error.value;
    const pointer = property === undefined ? parent : `${parent}/${escapeToken(property)}`;
    // What every rule has to say about a member that is not there is one fault.
    if (value === undefined && constraints !== undefined) return [{ pointer, detail: `${property} is missing` }];
    const own = Object.entries(constraints ?? {}).flatMap(([constraint, message]) => {
      const located = locatedFaults(constraint, error) ?? [{ path: [], detail: message }];
      return located.map(({ path, detail }) => ({ pointer: [pointer, ...path.map(escapeToken)].join('/'), detail }));
    });
    return [...own, ...faultsOf(children ?? [], pointer)];
  });
}

/** RFC 6901, section 3. */
function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

function inParameter({ pointer, detail }: { pointer: string; detail: string }): ProblemFault {
  return { parameter: pointer.slice(1), detail };
}
