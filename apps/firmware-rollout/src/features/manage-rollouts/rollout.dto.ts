import { type ProblemFault, decodeCursor, pageQuery, validationFailed } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { defaultWeight } from '../../domain/assignments/choose-for-device.js';
import { releaseLimits, slugPattern } from '../../domain/releases/release.js';
import type { AdvanceCondition } from '../../domain/rollouts/advance-conditions.js';
import type { DeviceScope } from '../../domain/rollouts/device-scope.js';
import { faultInSettings, settingsLimits } from '../../domain/rollouts/fault-in-settings.js';
import type { PauseCondition } from '../../domain/rollouts/pause-conditions.js';
import type { RolloutDefinition, UpdateMode } from '../../domain/rollouts/rollout-definition.js';
import {
  type Approval,
  type RolloutSettings,
  type RolloutState,
  rolloutStates,
} from '../../domain/rollouts/rollout.js';
import type { Speed } from '../../domain/rollouts/speed.js';
import { type WaveDefinition, faultInWaves } from '../../domain/rollouts/wave-definition.js';
import { Matching, WrittenText } from '../../releases/member-rules.decorators.js';
import { advance, approvals, mode, offerWindows, pause, scope, speed, waves } from './rollout-shapes.js';
import { Shaped } from './shapes.js';

export const defaultPageSize = 50;

export class RolloutQuery extends pageQuery({ maximum: 200, default: defaultPageSize }) {
  @ApiPropertyOptional({ enum: rolloutStates })
  @IsOptional()
  @IsIn(rolloutStates)
  state?: RolloutState;
}

const isRollout = (position: unknown): position is string =>
  typeof position === 'string' && new RegExp(slugPattern).test(position);

/** The id behind which the page begins; '' for the first page. */
export function positionOf({ cursor }: RolloutQuery): string {
  return cursor === undefined ? '' : decodeCursor(cursor, isRollout);
}

/** How an update mode is written: instants are ISO 8601. */
type WrittenMode =
  | { readonly kind: 'forced' | 'soft' | 'download-only' }
  | { readonly kind: 'time-forced'; readonly forcedFrom: string };

export class RolloutBody {
  @ApiProperty({ pattern: slugPattern, description: 'of a release of this tenant' })
  @Matching(slugPattern)
  release!: string;

  @Shaped(scope, { description: 'every member that is given must match; none at all is the whole tenant' })
  target!: DeviceScope;

  @ApiPropertyOptional({ default: false, description: 'devices that match later join' })
  @IsOptional()
  @IsBoolean()
  dynamic?: boolean;

  @Shaped(waves, { description: 'selectors first, then percents of the rest (100 together) or counts' })
  waves!: readonly WaveDefinition[];

  @Shaped(mode)
  mode!: WrittenMode;

  @ApiPropertyOptional({
    ...{ type: 'integer', minimum: 0, maximum: 1_000, default: defaultWeight },
    description: 'the heavier one of two that want the same device comes first',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000)
  weight?: number;

  @Shaped(advance, { description: 'all must hold before the next wave begins, and after the last one' })
  advance!: readonly AdvanceCondition[];

  @Shaped(pause, { description: 'one is enough' })
  pause!: readonly PauseCondition[];

  @Shaped(speed, { description: 'devices per minute' })
  speed!: Speed;

  @ApiProperty({
    ...{ type: 'integer', minimum: settingsLimits.minTimeoutMs, maximum: settingsLimits.maxTimeoutMs },
    description: 'what a device may take from one step to the next',
  })
  @IsNumber({ allowInfinity: false, allowNaN: false })
  timeoutMs!: number;

  @ApiPropertyOptional({ enum: approvals, description: 'who has to approve of the start; absent = nobody' })
  @IsOptional()
  @IsIn(approvals)
  startApproval?: Approval;

  @ApiPropertyOptional({
    ...{ enum: ['required'], description: 'each device has to agree before it is told to update; absent = none' },
  })
  @IsOptional()
  @IsIn(['required'])
  confirmation?: 'required';

  @IsOptional()
  @Shaped(offerWindows, {
    ...{
      required: false,
      description: 'when devices are offered their firmware; absent = always. Minutes since Sunday 00:00',
    },
  })
  windows?: NonNullable<RolloutSettings['windows']>;
}

export class ReasonBody {
  @ApiProperty({
    ...{ minLength: 1, maxLength: releaseLimits.reasonLength },
    description: 'for the history, and for whoever asks',
  })
  @WrittenText(releaseLimits.reasonLength)
  reason!: string;
}

/** @throws Problem 400 validation-failed, with a pointer to what is not possible together */
export function definitionOf(body: RolloutBody): RolloutDefinition {
  const { release, target, dynamic, advance: conditions, pause: brakes, startApproval, windows } = body;
  const isDynamic = dynamic ?? false;
  const settings: RolloutSettings = {
    ...(startApproval ? { startApproval } : {}),
    ...(isDynamic ? { isDynamic } : {}),
    ...{ advance: conditions, pause: brakes, speed: body.speed, timeoutMs: body.timeoutMs },
    ...(windows ? { windows } : {}),
  };
  const faults = [...faultsInWaves(body.waves), ...faultsInSettings(settings)];
  if (faults.length > 0) throw validationFailed(faults);
  const definition = { release, target, isDynamic, waves: body.waves, mode: modeOf(body.mode), settings };
  return body.confirmation === undefined ? definition : { ...definition, needsConfirmation: true };
}

function faultsInWaves(written: readonly WaveDefinition[]): ProblemFault[] {
  const found = faultInWaves(written);
  if (found === undefined) return [];
  return [{ pointer: found.wave === undefined ? '/waves' : `/waves/${found.wave}`, detail: found.detail }];
}

function faultsInSettings(settings: RolloutSettings): ProblemFault[] {
  const found = faultInSettings(settings);
  return found === undefined ? [] : [{ pointer: `/${found.path.join('/')}`, detail: found.detail }];
}

function modeOf(written: WrittenMode): UpdateMode {
  if (written.kind !== 'time-forced') return written;
  return { kind: written.kind, forcedFromMs: Date.parse(written.forcedFrom) };
}

/** A definition as it was written. */
export function bodyOf(
  { release, target, isDynamic, waves: of, mode: how, settings, needsConfirmation }: RolloutDefinition,
  weight: number,
) {
  const { isDynamic: _isDynamic, ...rest } = settings;
  const written: WrittenMode =
    how.kind === 'time-forced' ? { kind: how.kind, forcedFrom: new Date(how.forcedFromMs).toISOString() } : how;
  const confirmation = needsConfirmation === true ? ({ confirmation: 'required' } as const) : {};
  return { release, target, dynamic: isDynamic, waves: of, mode: written, weight, ...rest, ...confirmation };
}
