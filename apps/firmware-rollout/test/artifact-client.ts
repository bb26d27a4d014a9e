import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { ApiClient } from '@myelin/testing';
import { sha256Of } from './artifact-files.js';

export const tus = { 'tus-resumable': '1.0.0' };
export const pieceType = { 'content-type': 'application/offset+octet-stream' };

export interface UploadPlan {
  readonly length: number;
  readonly fileName?: string;
  /** As declared. */
  readonly sha256?: string;
}

/** Headers of a new upload. */
export function uploadHeaders({ length, fileName = 'pump-1.2.swu', sha256 }: UploadPlan): Record<string, string> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const declared = sha256 === undefined ? '' : `,sha256 ${base64(sha256)}`;
  return { ...tus, 'upload-length': String(length), 'upload-metadata': `filename ${base64(fileName)}${declared}` };
}

/** An upload that exists now: the path of its address. */
export async function beginUpload(api: ApiClient, plan: UploadPlan): Promise<string> {
  const answer = await api.send('POST', '/v1/artifact-uploads', undefined, uploadHeaders(plan));
  if (answer.status !== 201) throw new Error(`the upload was refused: ${answer.status} ${answer.text}`);
  return answer.headers.get('location') ?? '';
}

export interface PieceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly problem: { readonly type?: string; readonly [member: string]: unknown };
}

export async function sendPiece(
  api: ApiClient,
  upload: string,
  offset: number,
  content: Buffer,
  headers: Record<string, string> = {},
): Promise<PieceAnswer> {
  const response = await fetch(`${api.url}${upload}`, {
    method: 'PATCH',
    headers: {
      ...{ authorization: `Bearer ${api.token ?? ''}`, 'upload-offset': String(offset) },
      ...{ ...tus, ...pieceType, ...headers },
    },
    body: new Uint8Array(content),
  });
  const text = await response.text();
  return {
    ...{ status: response.status, headers: response.headers },
    problem: text === '' ? {} : (JSON.parse(text) as PieceAnswer['problem']),
  };
}

/** How far the upload is, by HEAD. */
export async function progressOf(api: ApiClient, upload: string) {
  const { status, headers } = await api.send('HEAD', upload, undefined, tus);
  return { status, offset: Number(headers.get('upload-offset')), sha256: headers.get('artifact-sha256') };
}

/** Uploads it, as a client of tus does: where the service is not available for a moment, it asks how far it is and goes on. */
export async function uploadArtifact(api: ApiClient, content: Buffer, fileName = 'pump-1.2.swu'): Promise<string> {
  const upload = await beginUpload(api, { length: content.length, fileName });
  const first = await sendPiece(api, upload, 0, content);
  if (first.status === 204) return sha256Of(content);
  const refused = `${first.status} ${JSON.stringify(first.problem)}`;
  if (first.status !== 503) throw new Error(`the piece was refused: ${refused}`);
  const { offset } = await progressOf(api, upload);
  const { status } = await sendPiece(api, upload, offset, content.subarray(offset));
  if (status !== 204) throw new Error(`the piece was refused: ${refused}, then from ${offset}: ${status}`);
  return sha256Of(content);
}

/** A PATCH whose body is written bit by bit by whoever asked for it. */
export function openPiece(
  api: ApiClient,
  upload: string,
  offset: number,
): { readonly outgoing: ClientRequest; readonly answered: Promise<IncomingMessage> } {
  const outgoing = request(`${api.url}${upload}`, {
    method: 'PATCH',
    headers: {
      ...{ authorization: `Bearer ${api.token ?? ''}`, 'upload-offset': String(offset) },
      ...{ ...tus, ...pieceType, 'transfer-encoding': 'chunked' },
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  answered.catch(() => undefined);
  return { outgoing, answered };
}
