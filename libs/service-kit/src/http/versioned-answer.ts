import type { FastifyReply } from 'fastify';
import { etag } from './etag.js';

/** A body with its version as ETag. */
export function versionedAnswer<Body extends { readonly version: number }>(reply: FastifyReply, body: Body): Body {
  reply.header('ETag', etag(body.version));
  return body;
}
