import type { Hrefs } from './hrefs.js';
import type { Offer } from './offer.js';
import { type RenderedAnswer, rendered } from './rendered-answer.js';

/** One file of an instruction. Hashes in lower-case hex: clients check one of the three each. */
export interface OfferedArtifact {
  readonly fileName: string;
  readonly size: number;
  readonly sha1: string;
  readonly md5: string;
  readonly sha256: string;
}

export interface OfferedChunk {
  /** Names the software module in artifact links; a positive int32. */
  readonly moduleId: number;
  /** As the release has it: `application` is sent as `bApp`, `runtime` as `jvm`, any other as it is. */
  readonly part: string;
  readonly name: string;
  readonly version: string;
  readonly artifacts: readonly OfferedArtifact[];
  readonly encrypted?: boolean;
  readonly metadata?: readonly { readonly key: string; readonly value: string }[];
}

export interface ActionHistory {
  /** hawkBit's name of the action's status, such as `RUNNING`. */
  readonly status: string;
  /** Newest first. */
  readonly messages: readonly string[];
}

export interface DeploymentFacts {
  readonly actionId: number;
  readonly offer: Offer;
  readonly chunks: readonly OfferedChunk[];
  /** Only when it was asked for. */
  readonly history?: ActionHistory | undefined;
}

/** Sections 3.2, 3.7 and 3.8 of the DDI notes: what is to be confirmed has the same shape under another name. */
export function deploymentAnswer(
  { actionId, offer, chunks, history }: DeploymentFacts,
  hrefs: Hrefs,
  member: 'deployment' | 'confirmation' = 'deployment',
): RenderedAnswer {
  const { download, update, maintenanceWindow } = offer;
  return rendered({
    id: String(actionId),
    [member]: {
      download,
      update,
      ...(maintenanceWindow !== undefined && { maintenanceWindow }),
      chunks: chunks.map((chunk) => chunkShape(chunk, hrefs)),
    },
    ...(history !== undefined && { actionHistory: { status: history.status, messages: history.messages } }),
  });
}

/** `softwaremodules/{moduleId}/artifacts` */
export function artifactsAnswer({ moduleId, artifacts }: OfferedChunk, hrefs: Hrefs): RenderedAnswer {
  return rendered(artifacts.map((artifact) => artifactShape(moduleId, artifact, hrefs)));
}

const partNames: ReadonlyMap<string, string> = new Map([
  ['application', 'bApp'],
  ['runtime', 'jvm'],
]);

function chunkShape(chunk: OfferedChunk, hrefs: Hrefs): object {
  const { moduleId, part, version, name, encrypted = false, metadata = [] } = chunk;
  return {
    part: partNames.get(part) ?? part,
    version,
    name,
    ...(encrypted && { encrypted }),
    artifacts: chunk.artifacts.map((artifact) => artifactShape(moduleId, artifact, hrefs)),
    ...(metadata.length > 0 && { metadata: metadata.map(({ key, value }) => ({ key, value })) }),
  };
}

/** Section 3.3: always all three hashes and both relations, because each client reads others of them. */
function artifactShape(moduleId: number, artifact: OfferedArtifact, hrefs: Hrefs): object {
  const { fileName, size, sha1, md5, sha256 } = artifact;
  const download = hrefs.artifact(moduleId, fileName);
  const http = hrefs.artifactHttp(moduleId, fileName);
  return {
    filename: fileName,
    hashes: { sha1, md5, sha256 },
    size,
    _links: {
      download: { href: download },
      md5sum: { href: `${download}.MD5SUM` },
      'download-http': { href: http },
      'md5sum-http': { href: `${http}.MD5SUM` },
    },
  };
}
