import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { Problem } from '@myelin/service-kit';
import { planAnswer } from './answer-plan.js';

const sha256 = 'ab'.repeat(32);
const tag = `"${sha256}"`;
const createdAt = new Date(Date.UTC(2026, 0, 1));
const artifact = { sha256, size: 1_000, fileName: 'pump-1.2.swu', createdAt };

function plan(headers: IncomingHttpHeaders, method = 'GET') {
  try {
    const { status, headers: raw, range } = planAnswer(artifact, method, headers);
    const named = Object.fromEntries(raw.flatMap((name, nth) => (nth % 2 === 0 ? [[name, raw[nth + 1]]] : [])));
    return { status, headers: named as Record<string, string>, range };
  } catch (error) {
    if (error instanceof Problem) return { status: error.status, headers: error.headers, range: undefined };
    throw error;
  }
}

describe('the answer about an artifact', () => {
  test('is the whole of it, with its length, its name and how long it may be kept', () => {
    expect(plan({})).toEqual({
      status: 200,
      range: { start: 0, end: 999 },
      headers: {
        ...{ ETag: tag, 'Cache-Control': 'private, max-age=31536000, immutable', 'Accept-Ranges': 'bytes' },
        ...{ 'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT', 'Content-Type': 'application/octet-stream' },
        ...{ 'X-Content-Type-Options': 'nosniff', 'Content-Disposition': 'attachment;filename=pump-1.2.swu' },
        'Content-Length': '1000',
      },
    });
  });

  test('has a range for GET', () => {
    expect(plan({ range: 'bytes=10-19' })).toMatchObject({
      status: 206,
      range: { start: 10, end: 19 },
      headers: { 'Content-Range': 'bytes 10-19/1000', 'Content-Length': '10' },
    });
  });

  test('has for HEAD the headers of the whole and no body, whatever range is asked for', () => {
    expect(plan({ range: 'bytes=10-19' }, 'HEAD')).toMatchObject({
      status: 200,
      range: undefined,
      headers: { 'Content-Length': '1000' },
    });
  });

  test.each([[tag], [`W/${tag}`], ['*'], [`"other", ${tag}`]])(
    'to If-None-Match %s is 304 without a body',
    (header) => {
      const answer = plan({ 'if-none-match': header, range: 'bytes=0-1' });
      expect(answer).toMatchObject({ status: 304, range: undefined, headers: { ETag: tag } });
      expect(answer.headers).not.toHaveProperty('Content-Length');
    },
  );

  test('is 304 only when it was asked for', () => {
    expect(plan({ 'if-none-match': '"other"' }).status).toBe(200);
    expect(plan({ 'if-modified-since': createdAt.toUTCString() }).status).toBe(200);
  });

  test.each([
    [tag, 206],
    [createdAt.toUTCString(), 206],
    ['"other"', 200],
    [`W/${tag}`, 200],
    [new Date(0).toUTCString(), 200],
  ])('to a range with If-Range %s is %d', (header, status) => {
    expect(plan({ range: 'bytes=0-1', 'if-range': header }).status).toBe(status);
  });

  test.each([
    [tag, 200],
    ['*', 200],
    ['"other"', 412],
    [`W/${tag}`, 412],
  ])('to If-Match %s is %d', (header, status) => {
    expect(plan({ 'if-match': header })).toMatchObject({ status, headers: { ETag: tag } });
  });

  test.each(['bytes=1000-', 'bytes=0-1,4-5', 'bytes=x'])('to the range %s is 416 with the size', (range) => {
    expect(plan({ range })).toMatchObject({ status: 416, headers: { 'Content-Range': 'bytes */1000' } });
  });
});
