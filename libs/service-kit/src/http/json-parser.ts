import type { FastifyBodyParser, FastifyInstance } from 'fastify';
import { faultInJson } from './json-limits.js';
import { Problem } from './problem.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Many clients name a content type with every request: nothing is no body where a route takes none, and is refused by those
 * that take one, as when no type is named.
 */
export function jsonParser(instance: Pick<FastifyInstance, 'getDefaultJsonParser'>): FastifyBodyParser<Buffer> {
  const parse = instance.getDefaultJsonParser('error', 'error');
  return (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const { 'content-encoding': coding = 'identity' } = request.headers;
    const text = coding === 'identity' ? textOf(body) : compressed();
    if (text instanceof Problem) done(text);
    else void parse(request, text, (error, parsed) => done(error ?? faultInJson(parsed) ?? null, parsed));
  };
}

function textOf(body: Buffer): string | Problem {
  try {
    return utf8.decode(body);
  } catch (cause) {
    return new Problem({ status: 400, type: 'malformed-json', detail: 'the body is not UTF-8', cause });
  }
}

function compressed(): Problem {
  const headers = { 'Accept-Encoding': 'identity' };
  const detail = 'this route takes no compressed bodies';
  return new Problem({ status: 415, type: 'unsupported-media-type', detail, headers });
}
