import { decodeCursor } from '@myelin/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { isStorableText } from '../domain/free-content.js';

export const defaultPageSize = 100;
export const maxPageSize = 1_000;

/** Query of every list. */
export class PageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: maxPageSize, default: defaultPageSize })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(maxPageSize)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(2_048)
  cursor?: string;
}

const isText = (position: unknown): position is string =>
  typeof position === 'string' && position.length <= 256 && isStorableText(position);

/** The id behind which the page begins; '' for the first page. */
export function positionOf(query: PageQuery): string {
  return query.cursor === undefined ? '' : decodeCursor(query.cursor, isText);
}
