import { Problem, type ProblemFault, validationFailed } from '@myelin/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, validateSync } from 'class-validator';
import { NewDeviceBody } from '../../devices/new-device.dto.js';
import type { ImportedText } from './split-lines.js';

/** One line: a new device, and whether it gets its first credential at once. */
export class ImportLine extends NewDeviceBody {
  @ApiPropertyOptional({ description: "Issue a credential on creation; its secret stands in the line's result." })
  @IsOptional()
  @IsBoolean()
  credential?: boolean;
}

export type ParsedLine =
  | { readonly line: number; readonly body: ImportLine; readonly problem?: never }
  | { readonly line: number; readonly device?: string; readonly body?: never; readonly problem: Problem };

export function parseLine({ line, text }: ImportedText): ParsedLine {
  if (text === undefined) return { line, problem: malformed('line-too-long', 'the line has more than 16 KiB') };
  const value = parsedJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, problem: malformed('line-malformed', 'the line is not a JSON object') };
  }
  // Not by class-transformer: members are taken as they are, and no name of theirs can be mistaken for the class.
  if (Object.hasOwn(value, 'constructor') || Object.hasOwn(value, '__proto__')) {
    return { line, problem: malformed('line-malformed', 'the line has a member of a reserved name') };
  }
  const body = Object.assign(new ImportLine(), value);
  const errors = validateSync(body, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  if (errors.length === 0) return { line, body };
  const faults = errors.map(({ property, value: given, constraints }): ProblemFault => {
    const detail = given === undefined ? `${property} is missing` : Object.values(constraints ?? {})[0];
    return { pointer: `/${property}`, detail: detail ?? 'is not valid' };
  });
  const problem = validationFailed(faults);
  const device = faults.some(({ pointer }) => pointer === '/device') ? undefined : body.device;
  return { line, problem, ...(device === undefined ? {} : { device }) };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function malformed(type: string, detail: string): Problem {
  return new Problem({ status: 400, type, detail });
}
