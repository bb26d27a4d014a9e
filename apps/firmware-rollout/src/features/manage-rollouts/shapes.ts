import { type LocatedFault, HasNoFaults } from '@myelin/service-kit';
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { AsItCame } from '../../releases/member-rules.decorators.js';

/** What a piece of JSON has to look like: what is checked is what is documented. */
export interface Shape {
  readonly schema: Readonly<Record<string, unknown>>;
  /** Every fault, each at its place. */
  faults(value: unknown, path: readonly string[]): readonly LocatedFault[];
}

type Members = Readonly<Record<string, Shape>>;

/** Holds a DTO's member to a shape. */
export function Shaped(shape: Shape, options: { readonly description?: string; readonly required?: boolean } = {}) {
  return applyDecorators(
    ApiProperty({ ...shape.schema, ...options } as ApiPropertyOptions),
    AsItCame(),
    HasNoFaults((value) => shape.faults(value, [])),
  );
}

export function matching(pattern: string): Shape {
  const expression = new RegExp(pattern);
  return {
    schema: { type: 'string', pattern },
    faults: (value, path) => fault(typeof value === 'string' && expression.test(value), path, `must match ${pattern}`),
  };
}

export function text(maxLength: number): Shape {
  return {
    schema: { type: 'string', minLength: 1, maxLength },
    faults: (value, path) => {
      const isText = typeof value === 'string' && !value.includes('\0') && value.isWellFormed();
      const fits = isText && value !== '' && value.length <= maxLength;
      return fault(fits, path, `must be a text of 1 to ${maxLength} characters`);
    },
  };
}

export function oneOf(words: readonly string[]): Shape {
  return {
    schema: { type: 'string', enum: words },
    faults: (value, path) =>
      fault(typeof value === 'string' && words.includes(value), path, `must be one of ${words.join(', ')}`),
  };
}

/** Its range is asked elsewhere; it is said here for the document. */
export function numberOf(range: { readonly minimum?: number; readonly maximum?: number } = {}): Shape {
  return {
    schema: { type: 'number', ...range },
    faults: (value, path) => fault(typeof value === 'number' && Number.isFinite(value), path, 'must be a number'),
  };
}

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

export const instant: Shape = {
  schema: { type: 'string', format: 'date-time' },
  faults: (value, path) => {
    const isInstant = typeof value === 'string' && instantForm.test(value) && !Number.isNaN(Date.parse(value));
    return fault(isInstant && isDay(value.slice(0, 10)), path, 'must be an instant such as 2026-11-27T08:00:00Z');
  },
};

/** `Date.parse` takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

export function listOf(item: Shape, { min = 0, max }: { readonly min?: number; readonly max: number }): Shape {
  return {
    schema: { type: 'array', items: item.schema, minItems: min, maxItems: max },
    faults: (value, path) => {
      if (!Array.isArray(value) || value.length < min || value.length > max)
        return fault(false, path, `must be an array of ${min} to ${max}`);
      return value.flatMap((each, index) => item.faults(each, [...path, String(index)]));
    },
  };
}

/** An object with any members whose names match. */
export function mapOf(keyPattern: string, member: Shape, max: number): Shape {
  const key = new RegExp(keyPattern);
  return {
    schema: { type: 'object', additionalProperties: member.schema, maxProperties: max },
    faults: (value, path) => {
      if (!isObject(value)) return fault(false, path, 'must be an object');
      const entries = Object.entries(value);
      if (entries.length > max) return fault(false, path, `may have ${max} members at most`);
      return entries.flatMap(([name, each]) => [
        ...fault(key.test(name), [...path, name.slice(0, 64)], `is named by what does not match ${keyPattern}`),
        ...member.faults(each, [...path, name]),
      ]);
    },
  };
}

/** An object with exactly these members. */
export function objectOf(required: Members, optional: Members = {}): Shape {
  const known = { ...required, ...optional };
  const names = Object.keys(known);
  const properties = Object.fromEntries(Object.entries(known).map(([name, { schema }]) => [name, schema]));
  return {
    schema: { type: 'object', properties, required: Object.keys(required), additionalProperties: false },
    faults: (value, path) => {
      if (!isObject(value)) return fault(false, path, 'must be an object');
      const unknown = Object.keys(value).filter((name) => !Object.hasOwn(known, name));
      const missing = Object.keys(required).filter((name) => value[name] === undefined);
      return [
        ...unknown.map((name) => ({
          ...{ path: [...path, name.slice(0, 64)], detail: `is not known; known are ${names.join(', ')}` },
        })),
        ...missing.map((name) => ({ path: [...path, name], detail: `${name} is missing` })),
        ...Object.entries(known).flatMap(([name, shape]) =>
          value[name] === undefined ? [] : shape.faults(value[name], [...path, name]),
        ),
      ];
    },
  };
}

/** One of several objects, told apart by their member `kind`. */
export function kindsOf(kinds: Readonly<Record<string, readonly [required: Members, optional?: Members]>>): Shape {
  const shapes = Object.entries(kinds).map(
    ([kind, [required, optional]]) => [kind, objectOf({ kind: oneOf([kind]), ...required }, optional)] as const,
  );
  const byKind = new Map(shapes);
  return {
    schema: { oneOf: shapes.map(([, { schema }]) => schema) },
    faults: (value, path) => {
      if (!isObject(value)) return fault(false, path, 'must be an object');
      const shape = byKind.get(value['kind'] as string);
      if (shape !== undefined) return shape.faults(value, path);
      return fault(false, [...path, 'kind'], `must be one of ${Object.keys(kinds).join(', ')}`);
    },
  };
}

function fault(fits: boolean, path: readonly string[], detail: string): readonly LocatedFault[] {
  return fits ? [] : [{ path, detail }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
