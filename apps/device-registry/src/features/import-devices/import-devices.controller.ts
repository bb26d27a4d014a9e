import { Readable } from 'node:stream';
import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, type Operator, Problem, Roles } from '@myelin/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Registry } from '../../registry.js';
import { importDevices } from './import-devices.handler.js';
import { ImportLine } from './import-line.js';
import type { LineLimits } from './split-lines.js';

export const importLimits = Symbol('import limits');
const mediaType = 'application/x-ndjson';

@ApiTags('devices')
@Controller('v1/device-imports')
export class ImportDevicesController {
  constructor(
    private readonly registry: Registry,
    @Inject(importLimits) private readonly limits: LineLimits,
  ) {}

  /** Answers while it reads: a client that never reads its answer stops the import, by back-pressure. */
  @Post()
  @ApiOperation({ summary: 'Registers many devices, a line for each, and answers a line for each' })
  @Roles('operator')
  @ApiConsumes(mediaType)
  @ApiProduces(mediaType)
  @ApiBody({ type: ImportLine, description: 'One object per line, at most 100,000 lines of 16 KiB.' })
  @ApiOkResponse({
    description:
      'One result per line `{"line":1,"device":"..","status":"created|unchanged|refused","problem":{..},' +
      '"credential":{..}}`, and at last `{"done":true,"created":..,"unchanged":..,"refused":..}`.',
  })
  import(@CurrentOperator() operator: Operator, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const source = request.body;
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (!(source instanceof Readable) || encoding !== 'identity') {
      throw new Problem({ status: 415, type: 'media-type-unsupported', detail: `send ${mediaType}, not compressed` });
    }
    // An import that ends early must not take the connection with it: the answer says why.
    const lines = source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    const answer = importDevices(this.registry, operator, { source: lines, limits: this.limits });
    reply.raw.once('finish', () => source.resume()); // what is still coming is let run out
    void reply
      .status(200)
      .header('Content-Type', mediaType)
      .header('Cache-Control', 'no-store')
      .send(Readable.from(answer, { objectMode: false, highWaterMark: 65_536 }));
  }
}
