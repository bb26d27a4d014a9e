import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalStackError } from '../local-stack.errors.js';
import type { SupervisedRun } from '../processes/supervised-run.js';
import { type NodeFiles, archiveOf } from './kafka-node.js';

/** The cluster's id as the data directory has it; a new one (16 random bytes, base64url) for a new directory. */
export function clusterIdOf(dataDirectory: string): { readonly id: string; readonly isNew: boolean } {
  const file = join(dataDirectory, 'meta.properties');
  const id = existsSync(file) ? /^cluster\.id=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  // A leading dash would be read as an option by the tool below.
  return id === undefined
    ? { id: `m${randomBytes(16).toString('base64url').slice(1)}`, isNew: true }
    : { id, isNew: false };
}

/** @throws LocalStackError local-stack.start-failed with what the tool said */
export async function formatStorage(run: SupervisedRun, files: NodeFiles, clusterId: string): Promise<void> {
  const tool = await run.spawn({
    name: `Kafka's storage tool for node ${files.id}`,
    command: files.java,
    args: [
      ...(files.classArchive?.isToBeMade === true ? [] : archiveOf(files)),
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', files.classPath, 'kafka.tools.StorageTool'],
      ...['format', '-t', clusterId, '-c', files.propertiesFile],
    ],
    cwd: files.directory,
    env: files.env,
    logFile: files.logFile,
    leftoverSignal: 'KILL',
  });
  await tool.waitForExit(60_000);
  if (tool.succeeded) return;
  await tool.end('SIGKILL', 1_000);
  const message = `${tool.plan.name} failed; the end of its log:\n${tool.logTail()}`;
  throw LocalStackError.permanent('local-stack.start-failed', message);
}
