import { decodeCursor, pageQuery } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ArtifactPosition, ArtifactRow } from '../../persistence/artifacts.repository.js';

export const defaultPageSize = 50;
export const digestForm = /^[0-9a-f]{64}$/;

export class ArtifactQuery extends pageQuery({ maximum: 200, default: defaultPageSize }) {}

export class ArtifactView {
  @ApiProperty({ pattern: digestForm.source })
  sha256!: string;

  @ApiProperty()
  sha1!: string;

  @ApiProperty()
  md5!: string;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'in bytes' })
  size!: number;

  @ApiProperty({ description: 'of the first upload of these bytes' })
  fileName!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ description: '`operator:<subject>`' })
  createdBy!: string;
}

export class ArtifactList {
  @ApiProperty({ type: () => [ArtifactView], description: 'The latest first' })
  items!: ArtifactView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function artifactView(row: ArtifactRow): ArtifactView {
  const { sha256, sha1, md5, size, fileName, createdAt, createdBy } = row;
  return { sha256, sha1, md5, size, fileName, createdAt: createdAt.toISOString(), createdBy };
}

/** @throws Problem 400 cursor-invalid */
export function positionOf({ cursor }: ArtifactQuery): ArtifactPosition | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, isPosition);
}

function isPosition(position: unknown): position is ArtifactPosition {
  if (!Array.isArray(position) || position.length !== 2) return false;
  const [createdAtUs, sha256] = position as unknown[];
  if (!Number.isSafeInteger(createdAtUs) || Math.abs(createdAtUs as number) > 8.64e15) return false;
  return typeof sha256 === 'string' && digestForm.test(sha256);
}
