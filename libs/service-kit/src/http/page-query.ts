import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/** The base of a list's query, by how many items a page has at most and when nobody says. */
export function pageQuery({ maximum, default: usual }: { readonly maximum: number; readonly default: number }) {
  class PageQuery {
    @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum, default: usual })
    @IsOptional()
    @Type(() => Number)
    @IsInt()
    @Min(1)
    @Max(maximum)
    limit?: number;

    @ApiPropertyOptional({ description: '`nextCursor` of the page before' })
    @IsOptional()
    @IsString()
    @MaxLength(2_048)
    cursor?: string;
  }
  return PageQuery;
}
