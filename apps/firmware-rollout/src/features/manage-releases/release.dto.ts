import { decodeCursor, pageQuery } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import {
  type ReleaseDefinition,
  type ReleaseRecord,
  type ReleaseState,
  type Trust,
  defaultPart,
  fileNamePattern,
  hardwarePattern,
  metadataKeyPattern,
  partPattern,
  releaseLimits,
  releaseStates,
  sha256Pattern,
  slugPattern,
  trusts,
} from '../../domain/releases/release.js';
import { type ReleaseObstacle, type ReleaseObstacleCode, releaseObstacleCodes } from '../../domain/releases/verdict.js';
import { versionPattern } from '../../domain/releases/version.js';
import {
  AsItCame,
  ListOf,
  ListOfObjects,
  Matching,
  TextMap,
  WrittenText,
} from '../../releases/member-rules.decorators.js';

export const defaultPageSize = 50;

export class ReleaseQuery extends pageQuery({ maximum: 200, default: defaultPageSize }) {
  @ApiPropertyOptional({ pattern: slugPattern })
  @IsOptional()
  @Matching(slugPattern)
  profile?: string;

  @ApiPropertyOptional({ enum: releaseStates })
  @IsOptional()
  @IsIn(releaseStates)
  state?: ReleaseState;
}

const isRelease = (position: unknown): position is string =>
  typeof position === 'string' && new RegExp(slugPattern).test(position);

/** The id behind which the page begins; '' for the first page. */
export function positionOf({ cursor }: ReleaseQuery): string {
  return cursor === undefined ? '' : decodeCursor(cursor, isRelease);
}

class ReleaseArtifactView {
  @ApiProperty({ pattern: fileNamePattern, description: 'as devices are told; each once in a release' })
  filename!: string;

  @ApiProperty({ pattern: sha256Pattern, description: 'of an artifact of this tenant' })
  sha256!: string;
}

export class ReleaseBody {
  @ApiProperty({ pattern: versionPattern, description: 'of the firmware; unique among published ones of the profile' })
  @Matching(versionPattern)
  version!: string;

  @ApiProperty({ pattern: slugPattern })
  @Matching(slugPattern)
  profile!: string;

  @ApiProperty({
    ...{ type: 'array', items: { type: 'string', pattern: hardwarePattern }, example: ['board:1.0'] },
    ...{ minItems: 1, maxItems: releaseLimits.hardware, uniqueItems: true, description: '`<board>:<revision>`' },
  })
  @ListOf(hardwarePattern, releaseLimits.hardware)
  hardware!: readonly string[];

  @ApiPropertyOptional({ pattern: versionPattern, description: 'what a device must run already; not above `version`' })
  @IsOptional()
  @Matching(versionPattern)
  minimumVersion?: string;

  @ApiPropertyOptional({ description: 'at most 8 KiB' })
  @IsOptional()
  @WrittenText(releaseLimits.notesBytes)
  notes?: string;

  @ApiPropertyOptional({
    pattern: partPattern,
    default: defaultPart,
    description: 'type of the chunk that devices see',
  })
  @IsOptional()
  @Matching(partPattern)
  part?: string;

  @ApiProperty({ type: () => [ReleaseArtifactView], minItems: 1, maxItems: releaseLimits.artifacts })
  @AsItCame()
  @ListOfObjects({ filename: fileNamePattern, sha256: sha256Pattern }, 'filename', releaseLimits.artifacts)
  artifacts!: readonly ReleaseArtifactView[];

  @ApiPropertyOptional({
    ...{ type: 'object', maxProperties: releaseLimits.metadata, description: 'shown to devices' },
    additionalProperties: { type: 'string', maxLength: releaseLimits.metadataValueLength },
  })
  @IsOptional()
  @AsItCame()
  @TextMap({
    ...{ keyPattern: metadataKeyPattern, maxLength: releaseLimits.metadataValueLength },
    maxMembers: releaseLimits.metadata,
  })
  metadata?: Readonly<Record<string, string>>;
}

export class RevokeReleaseBody {
  @ApiProperty({
    minLength: 1,
    maxLength: releaseLimits.reasonLength,
    description: 'for the history, and for whoever asks',
  })
  @WrittenText(releaseLimits.reasonLength)
  reason!: string;
}

class ObstacleView {
  @ApiProperty({ enum: releaseObstacleCodes })
  code!: ReleaseObstacleCode;

  @ApiProperty()
  detail!: string;
}

export class ReleaseSummary extends ReleaseBody {
  @ApiProperty()
  release!: string;

  @ApiProperty({ type: 'integer', description: 'also the ETag; grows with every change' })
  revision!: number;

  @ApiProperty({ enum: releaseStates })
  state!: ReleaseState;

  @ApiPropertyOptional({ enum: trusts, description: 'of what is or was published; says nothing about expiry' })
  trust?: Trust;

  @ApiPropertyOptional({ type: [String], description: 'keys that the signatures of its manifest name' })
  signers?: readonly string[];

  @ApiPropertyOptional({ type: 'integer', description: 'of the manifest that it was published with' })
  releaseCounter?: number;

  @ApiPropertyOptional({ format: 'date-time' })
  manifestExpiresAt?: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  @ApiProperty({ description: '`operator:<subject>`' })
  updatedBy!: string;

  @ApiPropertyOptional({ format: 'date-time' })
  publishedAt?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  revokedAt?: string;

  @ApiPropertyOptional()
  revocationReason?: string;
}

export class ReleaseView extends ReleaseSummary {
  @ApiProperty({
    type: () => [ObstacleView],
    description: 'everything in the way of publishing a draft, or of rolling out what is published; empty: nothing',
  })
  obstacles!: readonly ReleaseObstacle[];
}

export class ReleaseList {
  @ApiProperty({ type: () => [ReleaseSummary] })
  items!: ReleaseSummary[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function definitionOf(body: ReleaseBody): ReleaseDefinition {
  const { version, profile, hardware, minimumVersion, notes, part, artifacts, metadata } = body;
  return {
    ...{ version, profile, hardware: [...hardware] },
    ...(minimumVersion ? { minimumVersion } : {}),
    ...(notes ? { notes } : {}),
    part: part ?? defaultPart,
    artifacts: artifacts.map(({ filename, sha256 }) => ({ filename, sha256 })),
    metadata: { ...metadata },
  };
}

export function releaseSummary(row: ReleaseRecord): ReleaseSummary {
  const { release, revision, state, definition, trust, manifest, releaseCounter, updatedBy, revocationReason } = row;
  const { minimumVersion, notes, ...always } = definition;
  return {
    ...{ release, revision, state, ...always },
    ...(minimumVersion === undefined ? {} : { minimumVersion }),
    ...(notes === undefined ? {} : { notes }),
    ...(trust === null ? {} : { trust }),
    ...(manifest === null ? {} : { signers: manifest.signatures.map(({ keyid }) => keyid) }),
    ...(releaseCounter === null ? {} : { releaseCounter }),
    ...(row.manifestExpiresAt === null ? {} : { manifestExpiresAt: row.manifestExpiresAt.toISOString() }),
    ...{ createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString(), updatedBy },
    ...(row.publishedAt === null ? {} : { publishedAt: row.publishedAt.toISOString() }),
    ...(row.revokedAt === null ? {} : { revokedAt: row.revokedAt.toISOString() }),
    ...(revocationReason === null ? {} : { revocationReason }),
  };
}

export function releaseView(row: ReleaseRecord, obstacles: readonly ReleaseObstacle[]): ReleaseView {
  return { ...releaseSummary(row), obstacles };
}
