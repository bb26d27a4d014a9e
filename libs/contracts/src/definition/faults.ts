import type { ErrorObject } from 'ajv';

export interface Fault {
  /** JSON Pointer (RFC 6901) into the payload. */
  readonly pointer: string;
  /** The JSON Schema keyword that failed, e.g. `required`, `maxLength`. */
  readonly keyword: string;
  readonly message: string;
}

/**
 * What is wrong, the most specific first. A union is reported by the alternative that was meant: alternatives of another
 * kind say nothing about the value, and the union itself is only named when no alternative came near.
 */
export function faultsOf(errors: readonly ErrorObject[]): Fault[] {
  let rest = errors;
  const summaries: Fault[] = [];
  // Inner unions are reported before the outer ones that contain them.
  for (const union of errors.filter(({ keyword }) => keyword === 'anyOf')) {
    const tried = rest.filter((error) => isBelow(error, union));
    const meant = tried.filter((error) => !isOfAnotherKind(error, union));
    if (meant.length === 0) summaries.push(summaryOf(union, tried));
    rest = rest.filter((error) => error !== union && (!tried.includes(error) || meant.includes(error)));
  }
  const faults = [...rest.filter(({ keyword }) => keyword !== 'propertyNames').map(faultOf), ...summaries];
  return faults.sort((a, b) => depthOf(b) - depthOf(a));
}

function isBelow(error: ErrorObject, union: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath.startsWith(union.instancePath);
}

function isOfAnotherKind({ keyword, instancePath }: ErrorObject, union: ErrorObject): boolean {
  return instancePath === union.instancePath && (keyword === 'type' || keyword === 'const');
}

function summaryOf(union: ErrorObject, tried: readonly ErrorObject[]): Fault {
  const types = tried.filter(({ keyword }) => keyword === 'type').map(({ params }) => String(params['type']));
  const constants = tried.filter(({ keyword }) => keyword === 'const');
  const values = constants.map(({ params }) => JSON.stringify(params['allowedValue']));
  const choices = [...new Set(constants.length > 0 ? values : types)];
  return {
    pointer: union.instancePath,
    keyword: constants.length > 0 ? 'enum' : 'type',
    message: `must be ${list(choices)}`,
  };
}

function list(choices: readonly string[]): string {
  const last = choices.at(-1) ?? 'one of the alternatives';
  return choices.length > 1 ? `${choices.slice(0, -1).join(', ')} or ${last}` : last;
}

function faultOf({ instancePath, keyword, message, params, propertyName }: ErrorObject): Fault {
  if (propertyName !== undefined) {
    return {
      pointer: instancePath,
      keyword: 'propertyNames',
      message: `the name ${JSON.stringify(propertyName)} ${message}`,
    };
  }
  if (keyword === 'additionalProperties') {
    const pointer = `${instancePath}/${escapePointer(String(params['additionalProperty']))}`;
    return { pointer, keyword, message: 'is not a member that the schema knows' };
  }
  return { pointer: instancePath, keyword, message: message ?? keyword };
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function depthOf({ pointer }: Fault): number {
  return pointer.split('/').length;
}
