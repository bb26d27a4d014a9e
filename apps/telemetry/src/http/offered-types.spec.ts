import { describe, expect, test } from '@jest/globals';
import { Problem } from '@myelin/service-kit';
import type { FastifyRequest } from 'fastify';
import { wantedType } from './offered-types.js';

const offers = ['application/json', 'application/x-ndjson', 'text/csv'] as const;
const wanted = (accept: string | undefined): string => wantedType({ headers: { accept } } as FastifyRequest, offers);

describe('the type that a request wants', () => {
  test.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['text/html, text/csv;q=0.9', 'text/csv'],
    ['text/*', 'text/csv'],
    ['application/*', 'application/json'],
    ['text/csv, application/json', 'text/csv'],
    ['application/json, text/csv', 'application/json'],
    ['text/csv;q=0.5, application/json', 'application/json'],
    ['*/*, application/x-ndjson', 'application/x-ndjson'],
    ['application/json;q=0, */*', 'application/x-ndjson'],
    ['*/*;q=0.1, text/csv;q=0.2', 'text/csv'],
  ])('of accept %s is %s', (accept, expected) => {
    expect(wanted(accept)).toBe(expected);
  });

  test.each(['text/html', 'text/csv;q=0', 'application/xml, image/*', 'text/csv;q=two', ';'])(
    'is none with accept %s, and the refusal names what is offered',
    (accept) => {
      const refused = (): string => wanted(accept);
      expect(refused).toThrow(Problem);
      expect(refused).toThrow('application/json or application/x-ndjson or text/csv');
    },
  );
});
