import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  type AssignmentReason,
  type AssignmentState,
  type CancelCause,
  closedStates,
  workingStates,
} from '../../domain/assignments/assignment.js';
import {
  type PauseReason,
  type RolloutState,
  type Wave,
  type WaveState,
  pauseReasons,
  rolloutStates,
  waveStates,
} from '../../domain/rollouts/rollout.js';
import type { AssignmentCount } from '../../persistence/assignment-counts.repository.js';
import type { RolloutRecord } from '../../persistence/rollouts.repository.js';
import { RolloutBody, bodyOf } from './rollout.dto.js';

export const assignmentStates = ['planned', 'unconfirmed', ...workingStates, 'cancelling', ...closedStates] as const;

class PausedView {
  @ApiProperty({ enum: pauseReasons })
  reason!: PauseReason;

  @ApiProperty()
  detail!: string;
}

class CountView {
  @ApiProperty({ enum: assignmentStates })
  state!: AssignmentState;

  @ApiPropertyOptional({ description: 'of those states that have one' })
  reason?: AssignmentReason;

  @ApiProperty({ type: 'integer' })
  devices!: number;
}

class WaveView {
  @ApiProperty({ type: 'integer', description: 'from 0 on' })
  wave!: number;

  @ApiProperty({ enum: waveStates })
  state!: WaveState;

  @ApiProperty({
    type: 'integer',
    description: 'that it was planned with, and who joined it later; without those left out',
  })
  devices!: number;

  @ApiProperty({ type: () => [CountView] })
  counts!: readonly CountView[];

  @ApiPropertyOptional({ format: 'date-time' })
  startedAt?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'since when it soaks, or did last' })
  finishedAt?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  doneAt?: string;

  @ApiPropertyOptional()
  approvedBy?: string;

  @ApiPropertyOptional({ description: 'who wanted to go on whatever the conditions say' })
  advancedBy?: string;
}

export class RolloutSummary extends RolloutBody {
  @ApiProperty()
  rollout!: string;

  @ApiProperty({ type: 'integer', description: 'also the ETag; grows with every change' })
  version!: number;

  @ApiProperty({ enum: rolloutStates })
  state!: RolloutState;

  @ApiPropertyOptional({ type: () => PausedView, description: 'only while it is paused' })
  paused?: PausedView;

  @ApiPropertyOptional({ description: 'since it is aborting' })
  abortCause?: CancelCause;

  @ApiProperty({ type: [String], description: 'what it waits for, in words; empty when it just goes on' })
  waitsFor!: readonly string[];

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ description: '`operator:<subject>`' })
  createdBy!: string;

  @ApiPropertyOptional({ format: 'date-time' })
  startedAt?: string;

  @ApiPropertyOptional()
  startedBy?: string;

  @ApiPropertyOptional()
  approvedBy?: string;
}

export class RolloutView extends RolloutSummary {
  @ApiProperty({ type: () => [WaveView], description: 'of each wave; empty before the start' })
  progress!: readonly WaveView[];
}

export class RolloutList {
  @ApiProperty({ type: () => [RolloutSummary] })
  items!: RolloutSummary[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

/** A rollout with everything that is shown of it. */
export interface RolloutFacts {
  readonly record: RolloutRecord;
  readonly waves: readonly Wave[];
  /** Devices of each wave, by its index. */
  readonly sizes: ReadonlyMap<number, number>;
  readonly counts: readonly AssignmentCount[];
}

export function rolloutSummary({ name, definition, waitsFor, createdBy, rollout }: RolloutRecord): RolloutSummary {
  const { version, state, weight, paused, abortCause, createdAtMs, startedAtMs, startedBy, approvedBy } = rollout;
  return {
    ...{ rollout: name, version, state, ...bodyOf(definition, weight), waitsFor },
    ...(paused === undefined ? {} : { paused }),
    ...(abortCause === undefined ? {} : { abortCause }),
    ...{ createdAt: isoOf(createdAtMs), createdBy },
    ...(startedAtMs === undefined ? {} : { startedAt: isoOf(startedAtMs) }),
    ...(startedBy === undefined ? {} : { startedBy }),
    ...(approvedBy === undefined ? {} : { approvedBy }),
  };
}

export function rolloutView(facts: RolloutFacts): RolloutView {
  return { ...rolloutSummary(facts.record), progress: facts.waves.map((wave) => waveView(wave, facts)) };
}

function waveView(wave: Wave, { sizes, counts }: RolloutFacts): WaveView {
  const { index, state, startedAtMs, finishedAtMs, doneAtMs, approvedBy, advancedBy } = wave;
  const own = counts.filter((count) => count.wave === index);
  return {
    ...{ wave: index, state, devices: sizes.get(index) ?? 0, counts: own.map(({ wave: _wave, ...count }) => count) },
    ...(startedAtMs === undefined ? {} : { startedAt: isoOf(startedAtMs) }),
    ...(finishedAtMs === undefined ? {} : { finishedAt: isoOf(finishedAtMs) }),
    ...(doneAtMs === undefined ? {} : { doneAt: isoOf(doneAtMs) }),
    ...(approvedBy === undefined ? {} : { approvedBy }),
    ...(advancedBy === undefined ? {} : { advancedBy }),
  };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
