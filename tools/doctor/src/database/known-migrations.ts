import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `<13 digits>-<words>`, as every migration's file is named. */
const fileName = /^(\d{13})-([a-z0-9-]+)\.(?:ts|js)$/;

export interface KnownMigration {
  readonly timestamp: string;
  /** Of its file, for messages. */
  readonly name: string;
}

/** Service -> what this version of the code would bring its schema to, by the names of files: nothing of a service is loaded. */
export async function knownMigrations(
  workspaceFolder: string,
): Promise<ReadonlyMap<string, readonly KnownMigration[]>> {
  const apps = join(workspaceFolder, 'apps');
  const services = await readdir(apps).catch(() => []);
  const found = await Promise.all(
    services.map(async (service) => [service, await ofService(join(apps, service))] as const),
  );
  return new Map(found.filter(([, migrations]) => migrations.length > 0));
}

/** Sources where they are: what was built may be of yesterday. */
async function ofService(folder: string): Promise<KnownMigration[]> {
  for (const place of ['src', 'dist']) {
    const files = await readdir(join(folder, place, 'persistence', 'migrations')).catch(() => []);
    const migrations = files.flatMap((file) => {
      const [, timestamp, words] = fileName.exec(file) ?? [];
      return timestamp === undefined || words === undefined ? [] : [{ timestamp, name: `${timestamp}-${words}` }];
    });
    if (migrations.length > 0) return migrations;
  }
  return [];
}
