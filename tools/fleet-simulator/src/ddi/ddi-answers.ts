import { isText, memberOf } from './json-members.js';

export interface DdiRoot {
  readonly sleepMs: number;
  readonly deploymentBase?: string | undefined;
  readonly cancelAction?: string | undefined;
  readonly configData?: string | undefined;
}

export interface DdiArtifact {
  readonly fileName: string;
  readonly size: number;
  readonly sha256: string;
  readonly href: string;
}

export interface DdiDeployment {
  readonly actionId: string;
  readonly update: 'skip' | 'attempt' | 'forced';
  readonly version: string;
  readonly artifacts: readonly DdiArtifact[];
}

/** Undefined when something that a client needs is not there. */
export function rootFrom(json: unknown): DdiRoot | undefined {
  const sleep = memberOf(json, 'config', 'polling', 'sleep');
  const parts = isText(sleep) ? /^(\d\d):(\d\d):(\d\d)$/.exec(sleep) : null;
  if (parts === null) return undefined;
  const sleepMs = (Number(parts[1]) * 3_600 + Number(parts[2]) * 60 + Number(parts[3])) * 1_000;
  const link = (relation: string): string | undefined => hrefOf(memberOf(json, '_links'), relation);
  return {
    ...{ sleepMs, deploymentBase: link('deploymentBase') },
    ...{ cancelAction: link('cancelAction'), configData: link('configData') },
  };
}

export function deploymentFrom(json: unknown): DdiDeployment | undefined {
  const actionId = memberOf(json, 'id');
  const update = memberOf(json, 'deployment', 'update');
  const chunks = memberOf(json, 'deployment', 'chunks');
  if (!isText(actionId) || !/^\d+$/.test(actionId) || !Array.isArray(chunks) || chunks.length === 0) return undefined;
  if (update !== 'skip' && update !== 'attempt' && update !== 'forced') return undefined;
  const version = memberOf(chunks[0], 'version');
  const artifacts = chunks.flatMap((chunk) => artifactsFrom(memberOf(chunk, 'artifacts')));
  if (!isText(version) || artifacts.length === 0 || artifacts.includes(undefined)) return undefined;
  return { actionId, update, version, artifacts: artifacts as readonly DdiArtifact[] };
}

export function stopIdFrom(json: unknown): string | undefined {
  const stopId = memberOf(json, 'cancelAction', 'stopId');
  return isText(stopId) ? stopId : undefined;
}

function artifactsFrom(artifacts: unknown): readonly (DdiArtifact | undefined)[] {
  return Array.isArray(artifacts) ? artifacts.map(artifactFrom) : [undefined];
}

function artifactFrom(json: unknown): DdiArtifact | undefined {
  const fileName = memberOf(json, 'filename');
  const size = memberOf(json, 'size');
  const sha256 = memberOf(json, 'hashes', 'sha256');
  const links = memberOf(json, '_links');
  const href = hrefOf(links, 'download') ?? hrefOf(links, 'download-http');
  if (!isText(fileName) || typeof size !== 'number' || !isText(sha256) || href === undefined) return undefined;
  return { fileName, size, sha256, href };
}

function hrefOf(links: unknown, relation: string): string | undefined {
  const href = memberOf(links, relation, 'href');
  return isText(href) && URL.canParse(href) ? href : undefined;
}
