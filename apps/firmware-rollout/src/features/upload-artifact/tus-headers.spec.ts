import { describe, expect, test } from '@jest/globals';
import { Problem } from '@myelin/service-kit';
import { readNewUpload, readOffset } from './tus-headers.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const sha256 = 'ab'.repeat(32);

function faultsOf(headers: Record<string, string>): readonly (string | undefined)[] {
  try {
    readNewUpload(headers);
  } catch (error) {
    if (error instanceof Problem) return error.errors?.map(({ parameter }) => parameter) ?? [];
    throw error;
  }
  return [];
}

describe('the headers of a new upload', () => {
  const good = { 'upload-length': '7', 'upload-metadata': `filename ${base64('pump-1.swu')}` };

  test('say its length, its name, and if they do its digest', () => {
    expect(readNewUpload(good)).toEqual({ length: 7, fileName: 'pump-1.swu', sha256: undefined });
    const metadata = `${good['upload-metadata']}, filetype ${base64('a/b')},sha256 ${base64(sha256)},flag`;
    expect(readNewUpload({ ...good, 'upload-metadata': metadata })).toMatchObject({ sha256 });
  });

  test.each([
    ['../../etc/passwd'],
    ['a/b'],
    ['..'],
    ['.'],
    [''],
    ['with space'],
    ['nul\0'],
    ['x'.repeat(129)],
    ['a\\b'],
    ['späte.bin'],
    ['a\r\nSet-Cookie: x'],
  ])('must not name the file %j', (name) => {
    expect(faultsOf({ ...good, 'upload-metadata': `filename ${base64(name)}` })).toEqual(['Upload-Metadata']);
  });

  test.each([['0'], ['-1'], ['1e3'], ['9'.repeat(16)], ['7 '], ['']])('must not give the length %j', (length) => {
    expect(faultsOf({ ...good, 'upload-length': length })).toEqual(['Upload-Length']);
  });

  test.each([
    ['no metadata', {}],
    ['no name', { 'upload-metadata': `sha256 ${base64(sha256)}` }],
    ['what is no base64', { 'upload-metadata': 'filename ???' }],
    ['a name twice', { 'upload-metadata': `${good['upload-metadata']},${good['upload-metadata']}` }],
    [
      'a digest in upper case',
      { 'upload-metadata': `${good['upload-metadata']},sha256 ${base64(sha256.toUpperCase())}` },
    ],
    ['far too much', { 'upload-metadata': `${good['upload-metadata']},x ${'A'.repeat(5_000)}` }],
  ])('must not have %s', (_, headers) => {
    expect(faultsOf({ 'upload-length': '7', ...headers })).toEqual(['Upload-Metadata']);
  });

  test('are refused with every fault at once', () => {
    expect(faultsOf({ 'upload-defer-length': '1' })).toEqual(['Upload-Defer-Length', 'Upload-Metadata']);
  });

  test('of a piece say where it begins', () => {
    expect(readOffset({ 'upload-offset': '5368709120' })).toBe(5_368_709_120);
    for (const offset of ['-1', '', '1.5']) expect(() => readOffset({ 'upload-offset': offset })).toThrow(Problem);
  });
});
