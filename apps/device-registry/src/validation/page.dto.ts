import { decodeCursor, pageQuery } from '@myelin/service-kit';
import { isStorableText } from '../domain/free-content.js';

export const defaultPageSize = 100;
const maxPageSize = 1_000;

/** Query of every list. */
export class PageQuery extends pageQuery({ maximum: maxPageSize, default: defaultPageSize }) {}

const isText = (position: unknown): position is string =>
  typeof position === 'string' && position.length <= 256 && isStorableText(position);

/** The id behind which the page begins; '' for the first page. */
export function positionOf(query: PageQuery): string {
  return query.cursor === undefined ? '' : decodeCursor(query.cursor, isText);
}
