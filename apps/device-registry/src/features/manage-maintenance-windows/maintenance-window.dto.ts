import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { decodeCursor, pageQuery } from '@myelin/service-kit';
import { deviceIdPattern } from '@myelin/kernel';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { type DeviceScope, scopeLimits } from '../../domain/device-scope.js';
import { labelKey, slug } from '../../domain/free-content.js';
import { type WindowState, windowLimits, windowStateAt, windowStates } from '../../domain/maintenance-window.js';
import type { MaintenanceWindowRecord } from '../../domain/records.js';
import type { WindowPosition } from '../../persistence/maintenance-windows.repository.js';
import { FreeMember } from '../../validation/free-member.decorator.js';
import { IsDeviceScope, IsInstant, IsPlainText, IsSlug, isInstantMs } from '../../validation/rules.decorators.js';

/** Scopes are large: fewer fit on a page than of other lists. */
export const maxWindowsPerPage = 100;

const namesOf = (what: string, pattern: string, maxItems: number) => ({
  ...{ type: 'array' as const, items: { type: 'string' as const, pattern }, minItems: 1, maxItems },
  description: `${what}; one of them`,
});

const scopeSchema = {
  ...{ type: 'object' as const, additionalProperties: false },
  description:
    'The devices that are worked on: every member that is given must match; `{}` is the whole tenant. Names need not exist yet. ' +
    `At most ${scopeLimits.bytes} bytes as JSON.`,
  example: { sites: ['plant-1'] },
  properties: {
    devices: namesOf('ids of devices', deviceIdPattern, scopeLimits.devices),
    profiles: namesOf('profiles', slug.source, scopeLimits.profiles),
    sites: namesOf('sites', slug.source, scopeLimits.sites),
    labels: {
      ...{ type: 'object' as const, description: 'each label must have one of its values' },
      ...{ minProperties: 1, maxProperties: scopeLimits.labels, propertyNames: { pattern: labelKey.source } },
      additionalProperties: {
        ...{ type: 'array' as const, minItems: 1, maxItems: scopeLimits.valuesPerLabel },
        items: { type: 'string' as const, minLength: 1, maxLength: 128 },
      },
    },
  },
};

export class MaintenanceWindowBody {
  @ApiProperty(scopeSchema)
  @FreeMember()
  @IsDeviceScope()
  scope!: DeviceScope;

  @ApiProperty({
    format: 'date-time',
    description: 'The first instant of it, in whole milliseconds. May have passed; once it has, it stays as it is.',
  })
  @IsInstant()
  from!: string;

  @ApiProperty({
    format: 'date-time',
    description: `The first instant after it: in the future, after \`from\`, at most ${windowLimits.longestDays} days after it.`,
  })
  @IsInstant()
  until!: string;

  @ApiProperty({ minLength: 1, maxLength: windowLimits.reasonLength, example: 'the transformer is replaced' })
  @IsPlainText(1, windowLimits.reasonLength)
  reason!: string;
}

export class NewMaintenanceWindowBody extends MaintenanceWindowBody {
  @ApiProperty({ pattern: slug.source, example: 'plant-1-power' })
  @IsSlug()
  window!: string;
}

export class MaintenanceWindowView extends NewMaintenanceWindowBody {
  @ApiProperty({ enum: windowStates })
  state!: WindowState;

  @ApiProperty({ description: 'who made it or changed it last', example: 'operator:alice' })
  actor!: string;

  @ApiProperty({ type: 'integer' })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export class MaintenanceWindowList {
  @ApiProperty({ type: () => [MaintenanceWindowView] })
  items!: MaintenanceWindowView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

const scopeFilter = (what: string) => ({ description: `whose scope names this ${what}` });

export class MaintenanceWindowQuery extends pageQuery({ maximum: maxWindowsPerPage, default: maxWindowsPerPage }) {
  @ApiPropertyOptional({ enum: windowStates })
  @IsOptional()
  @IsIn(windowStates)
  state?: WindowState;

  @ApiPropertyOptional(scopeFilter('device'))
  @IsOptional()
  @Matches(new RegExp(deviceIdPattern))
  device?: string;

  @ApiPropertyOptional(scopeFilter('profile'))
  @IsOptional()
  @IsSlug()
  profile?: string;

  @ApiPropertyOptional(scopeFilter('site'))
  @IsOptional()
  @IsSlug()
  site?: string;
}

export function windowView(row: MaintenanceWindowRecord, nowMs: number): MaintenanceWindowView {
  const { window, scope, from, until, reason, actor, version, updatedAt } = row;
  const period = { from: from.toISOString(), until: until.toISOString() };
  const state = windowStateAt(row, nowMs);
  return { window, scope, ...period, reason, state, actor, version, updatedAt: updatedAt.toISOString() };
}

export const cursorOf = ({ from, window }: MaintenanceWindowRecord): unknown => [from.getTime(), window];

/** Where the page begins; undefined: with the first. @throws Problem 400 cursor-invalid */
export function windowPositionOf({ cursor }: MaintenanceWindowQuery): WindowPosition | undefined {
  if (cursor === undefined) return undefined;
  const [fromMs, window] = decodeCursor(cursor, isPosition);
  return { from: new Date(fromMs), window };
}

function isPosition(position: unknown): position is [number, string] {
  if (!Array.isArray(position) || position.length !== 2) return false;
  const [fromMs, window] = position as unknown[];
  return isInstantMs(fromMs) && typeof window === 'string' && slug.test(window);
}
