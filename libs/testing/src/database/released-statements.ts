import { readFileSync, readdirSync } from 'node:fs';

export interface ReleasedStatements {
  readonly version: string;
  readonly text: string;
  readonly statements: readonly string[];
}

/**
 * What released versions of a service say to their database: one file `<version>.sql` each, of statements that end a line with
 * `;`, and comments of whole lines. A new schema must take all of it, because old and new versions run side by side.
 */
export function releasedStatements(folder: URL): ReleasedStatements[] {
  return readdirSync(folder).map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8').replaceAll(/^--.*$/gm, '');
    const statements = text.split(/;\s*$/m).filter((statement) => statement.trim() !== '');
    return { version: file.replace(/\.sql$/, ''), text, statements };
  });
}
