import { type Logger, createLogger } from '@myelin/observability';

const mostLines = 40;
const longestLine = 2_000;

/** Shared with `tools/test-runner/telling-environment.mjs`, which empties it before a test and shows it with a failure. */
function keptLines(): string[] {
  const shared = globalThis as { myelinKeptLines?: string[] };
  return (shared.myelinKeptLines ??= []);
}

/** For services in the process of a test: their warnings and errors are shown with the failure of a test, and nowhere else. */
export const keptLogger: Logger = createLogger({
  ...{ service: 'under test', level: 'warn', pretty: false },
  destination: {
    write: (line) => {
      const lines = keptLines();
      lines.push(line.slice(0, longestLine).trimEnd());
      if (lines.length > mostLines) lines.shift();
    },
  },
});
