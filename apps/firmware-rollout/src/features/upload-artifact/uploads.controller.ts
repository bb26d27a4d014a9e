import { Readable } from 'node:stream';
import { CurrentOperator, type Operator, PathParameterPipe, Public, Roles, isUuid } from '@myelin/service-kit';
import { Controller, Delete, Head, HttpCode, Options, Param, Patch, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { uploadProblems } from '../../artifacts/artifact.problems.js';
import { Artifacts } from '../../artifacts/artifacts.js';
import { Firmware } from '../../firmware.js';
import { type UploadProgress, appendToUpload, findProgress } from './append-upload.handler.js';
import { createUpload } from './create-upload.handler.js';
import { letRunOut } from './receive-body.js';
import { endUpload } from './end-upload.handler.js';
import { readNewUpload, readOffset, requireTus, tusExtensions, tusVersion, uploadMediaType } from './tus-headers.js';

const uploadParameter = new PathParameterPipe('upload', isUuid);
const path = 'v1/artifact-uploads';
const resumable = { name: 'Tus-Resumable', required: true, schema: { type: 'string' as const, enum: [tusVersion] } };
const count = (name: string, description: string) => ({
  ...{ name, description, required: true },
  schema: { type: 'integer' as const, minimum: 0 },
});

/**
 * tus 1.0.0 (https://tus.io/protocols/resumable-upload): the core with OPTIONS, HEAD and PATCH, and the extensions creation (without a
 * deferred length), expiration and termination. Not: creation-with-upload, checksum (a SHA-256 of the whole may be declared instead,
 * `sha256` in Upload-Metadata), concatenation, X-HTTP-Method-Override. Refusals are problem documents.
 */
@ApiTags('artifacts')
@Controller(path)
export class UploadsController {
  constructor(
    private readonly firmware: Firmware,
    private readonly artifacts: Artifacts,
  ) {}

  @Options()
  @Public()
  @HttpCode(204)
  @ApiOperation({ summary: 'Which parts of the tus protocol are served' })
  @ApiNoContentResponse({ description: 'Tus-Version, Tus-Extension and Tus-Max-Size' })
  options(@Res({ passthrough: true }) reply: FastifyReply): void {
    void reply.headers({
      ...{ 'Tus-Resumable': tusVersion, 'Tus-Version': tusVersion, 'Tus-Extension': tusExtensions },
      'Tus-Max-Size': String(this.artifacts.config.artifactMaxBytes),
    });
  }

  @Post()
  @Roles('release-manager')
  @HttpCode(201)
  @ApiOperation({ summary: 'Begins an upload (tus 1.0: creation)' })
  @ApiHeader(resumable)
  @ApiHeader(count('Upload-Length', 'of the artifact, in bytes'))
  @ApiHeader({
    ...{ name: 'Upload-Metadata', required: true, schema: { type: 'string' } },
    description: '`filename <base64>`, and `sha256 <base64 of the 64 hexadecimal digits>` if it is to be compared',
  })
  @ApiCreatedResponse({ description: 'Location: where to send the bytes; Upload-Expires' })
  async create(
    @CurrentOperator() operator: Operator,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    spokenWith(headers, reply);
    const upload = await createUpload(this.firmware, this.artifacts, operator, readNewUpload(headers));
    void reply.headers({
      ...{ Location: `/${path}/${upload.id}`, 'Upload-Offset': '0' },
      'Upload-Expires': upload.expiresAt.toUTCString(),
    });
  }

  @Head(':upload')
  @Roles('release-manager')
  @ApiOperation({ summary: 'How far an upload is; a request that is writing to it ends' })
  @ApiHeader(resumable)
  @ApiOkResponse({ description: 'Upload-Offset, Upload-Length; the digests once it is complete' })
  async progress(
    @CurrentOperator() { tenant }: Operator,
    @Param('upload', uploadParameter) id: string,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    spokenWith(headers, reply);
    const progress = await findProgress(this.firmware, this.artifacts, tenant, id);
    void reply.headers({
      ...progressHeaders(progress),
      ...{ 'Upload-Length': String(progress.upload.length), 'Cache-Control': 'no-store' },
    });
  }

  @Patch(':upload')
  @Roles('release-manager')
  @HttpCode(204)
  @ApiOperation({ summary: 'Goes on with an upload where it is; complete, it is an artifact' })
  @ApiHeader(resumable)
  @ApiHeader(count('Upload-Offset', 'how far the upload is, in bytes'))
  @ApiConsumes(uploadMediaType)
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiNoContentResponse({
    description:
      'Upload-Offset, Upload-Expires; when it is complete Content-Location, Artifact-Sha256, Artifact-Sha1 and Artifact-Md5',
  })
  async append(
    @CurrentOperator() { tenant }: Operator,
    @Param('upload', uploadParameter) id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { headers } = request;
    const body = request.body instanceof Readable ? request.body : Readable.from([]);
    try {
      spokenWith(headers, reply);
      if (headers['content-type'] !== uploadMediaType || headers['content-encoding'] !== undefined) {
        throw uploadProblems.mediaType();
      }
      const sent = { offset: readOffset(headers), body };
      const progress = await appendToUpload(this.firmware, this.artifacts, { tenant, id }, sent);
      void reply.headers(progressHeaders(progress));
    } catch (error) {
      letRunOut(body);
      throw error;
    }
  }

  @Delete(':upload')
  @Roles('release-manager')
  @HttpCode(204)
  @ApiOperation({ summary: 'Ends an upload; an artifact that it has become stays' })
  @ApiHeader(resumable)
  @ApiNoContentResponse()
  async end(
    @CurrentOperator() { tenant }: Operator,
    @Param('upload', uploadParameter) id: string,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    spokenWith(headers, reply);
    await endUpload(this.firmware, this.artifacts, tenant, id);
  }
}

/** Every answer says the version, also a refusal. @throws Problem 412 tus-version-unsupported */
function spokenWith(headers: FastifyRequest['headers'], reply: FastifyReply): void {
  void reply.header('Tus-Resumable', tusVersion);
  requireTus(headers);
}

function progressHeaders({ upload, offset, artifact }: UploadProgress): Record<string, string> {
  return {
    ...{ 'Upload-Offset': String(offset), 'Upload-Expires': upload.expiresAt.toUTCString() },
    ...(artifact !== null && {
      ...{ 'Content-Location': `/v1/artifacts/${artifact.sha256}`, 'Artifact-Sha256': artifact.sha256 },
      ...{ 'Artifact-Sha1': artifact.sha1, 'Artifact-Md5': artifact.md5 },
    }),
  };
}
