import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { uploadMediaType } from './tus-headers.js';

/** A piece of an upload is handed to its route as the stream that it arrives as, whatever its length. */
export function acceptUploads(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser(uploadMediaType, (_request, payload, done) => done(null, payload));
}
