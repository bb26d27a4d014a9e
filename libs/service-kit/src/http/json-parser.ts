import type { FastifyBodyParser, FastifyInstance } from 'fastify';

/**
 * Many clients name a content type with every request: nothing is no body where a route takes none, and is refused by those
 * that take one, as when no type is named.
 */
export function jsonParser(instance: Pick<FastifyInstance, 'getDefaultJsonParser'>): FastifyBodyParser<string> {
  const parse = instance.getDefaultJsonParser('error', 'error');
  return (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  };
}
