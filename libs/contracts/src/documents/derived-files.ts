import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { incompatibilities } from '../compatibility/compare-contracts.js';
import { type ContractSnapshot, snapshotOf } from '../compatibility/snapshot.js';
import type { EventContract } from '../definition/define-event.js';
import { asyncApiDocument } from './asyncapi.js';
import { eventsPage } from './events-page.js';
import { topicList } from './topic-list.js';

const packageFolder = new URL('../../', import.meta.url);
export const workspaceFolder = fileURLToPath(new URL('../../', packageFolder));
const snapshotFolder = new URL('snapshots/', packageFolder);

/** What derives from the contracts and is committed: path from the workspace's root -> content. */
export function derivedFiles(events: readonly EventContract[]): Map<string, string> {
  return new Map([
    ['docs/generated/asyncapi.json', json(asyncApiDocument(events, workspaceVersion()))],
    ['docs/generated/events.md', eventsPage(events)],
    ['docs/generated/topics.json', json({ topics: topicList(events) })],
    ...events.map((event): [string, string] => {
      const snapshot = snapshotOf(event);
      return [`libs/contracts/snapshots/${snapshot.type}.json`, json(snapshot)];
    }),
  ]);
}

/** The snapshots of everything released so far. */
export function releasedSnapshots(): ContractSnapshot[] {
  return readdirSync(snapshotFolder)
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, snapshotFolder), 'utf8')) as ContractSnapshot);
}

/** What forbids to replace the released contracts by the live ones. */
export function releaseProblems(events: readonly EventContract[]): string[] {
  const live = new Map(events.map((event) => [event.type, snapshotOf(event)]));
  return releasedSnapshots().flatMap((released) => incompatibilities(released, live.get(released.type)));
}

function workspaceVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as { version: string };
  return manifest.version;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
