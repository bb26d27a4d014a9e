import { expect, test } from '@jest/globals';
import { contentCodingOf, reportMediaTypeOf } from './media-types.js';

test.each([
  ['application/json', 'application/json'],
  ['application/json; charset=utf-8', 'application/json'],
  ['Application/JSON;charset="UTF-8"', 'application/json'],
  ['application/cbor', 'application/cbor'],
  ['application/senml+json', 'application/senml+json'],
  [' application/senml+json ; charset=utf-8 ', 'application/senml+json'],
  ['application/senml+cbor', 'application/senml+cbor'],
  ['application/cbor; charset=utf-8', undefined],
  ['application/json; charset=latin1', undefined],
  ['application/json; charset="utf-8', undefined],
  ['application/json; version=2', undefined],
  ['application/senml+xml', undefined],
  ['application/sensml+json', undefined],
  ['application/cbor-seq', undefined],
  ['text/plain', undefined],
  ['', undefined],
  [undefined, undefined],
])('the content type %j is %j', (header, expected) => {
  expect(reportMediaTypeOf(header)).toBe(expected);
});

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['X-GZIP', 'gzip'],
  [' zstd ', 'zstd'],
  ['br', undefined],
  ['deflate', undefined],
  ['gzip, zstd', undefined],
  ['gzip, gzip', undefined],
])('the content encoding %j is %j', (header, expected) => {
  expect(contentCodingOf(header)).toBe(expected);
});
