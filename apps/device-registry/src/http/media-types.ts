import { type Problem, jsonParser, validationFailed } from '@myelin/service-kit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyBodyParser } from 'fastify';
import { hasReservedName } from '../domain/free-content.js';

/**
 * How bodies are read: an import is handed to its route as the stream that it arrives as; a merge patch is JSON; JSON
 * with names that the validation of Nest would drop without a word is refused instead.
 */
export function acceptMediaTypes(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const takeJson = (type: string, parse: FastifyBodyParser<Buffer>): void => {
    fastify.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, (request, body, done) => {
      void parse(request, body, (error, value) => {
        if (error === null && hasReservedName(value)) done(reservedName());
        else done(error, value);
      });
    });
  };
  fastify.removeContentTypeParser('application/json');
  takeJson('application/json', jsonParser(fastify));
  takeJson('application/merge-patch+json', jsonParser(fastify));
  fastify.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
}

function reservedName(): Problem {
  const detail = 'has a member named __proto__ or constructor, or is nested more than 64 deep';
  return validationFailed([{ pointer: '', detail }]);
}
