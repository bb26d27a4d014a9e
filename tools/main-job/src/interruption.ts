import { MainJobError } from './main-job.errors.js';

const insistsAfterMs = 1_000;

/**
 * Ctrl-C, a request to end, or a terminal that was closed aborts; who insists after a second ends this process at once.
 * The guardian of the run then ends the rest. One Ctrl-C may arrive several times: from the terminal, and through npm.
 */
export function abortOnSignals(say: (line: string) => void): AbortSignal {
  const interruption = new AbortController();
  let firstAtMs: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (firstAtMs === undefined) {
        firstAtMs = Date.now();
        say(`\nstopping (again ends it at once)`);
        interruption.abort(MainJobError.permanent('main-job.interrupted', 'interrupted while starting'));
      } else if (Date.now() - firstAtMs >= insistsAfterMs) {
        process.exit(130);
      }
    });
  }
  // A terminal that is gone takes no more lines; stopping must go on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return interruption.signal;
}
