/**
 * `node --import @myelin/observability/register dist/main.js`: starts OpenTelemetry before anything else is loaded and
 * refuses to go on when what it should patch is not patched.
 */
import type * as Http from 'node:http';
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '@myelin/config';
import { register } from 'import-in-the-middle/register-hooks.mjs';
import { observabilityConfig } from './settings.js';

// Before any instrumentation is imported: without it modules that come in by `import` are silently not patched.
// In this thread and only for what is to be patched: a hook in a thread of its own, as `module.register` has it, costs each
// start a second.
const include = ['http', 'node:http', 'https', 'node:https', 'pg', 'pg-pool'];
register({ include });

const entry = resolve(process.argv[1] ?? 'node');
const settings = loadConfig(observabilityConfig, process.env);
if (settings.disabled === 'true') {
  const { rememberPreload } = await import('./lifecycle.js');
  rememberPreload();
} else {
  const { startSdk } = await import('./sdk.js');
  startSdk(settings, settings.serviceName ?? folderOfApp(entry));
  // By both ways: the first use of each patches once more, and what follows must lie outside of that.
  await import('node:http');
  const http = createRequire(import.meta.url)('node:http') as typeof Http;
  const { leadPastInstrumentation } = await import('./early-sampling.js');
  leadPastInstrumentation(http);
  await importPgOf(entry);
  const { verifyInstrumentation } = await import('./verify-instrumentation.js');
  const { missing } = verifyInstrumentation();
  if (missing.length > 0) throw new Error(`OpenTelemetry could not patch: ${missing.join(', ')}`);
}

/** `apps/telemetry/dist/main.js` -> `telemetry`. */
function folderOfApp(path: string): string {
  return basename(resolve(dirname(path), '..'));
}

/** Loads the pg that the app will get, if it has one, so that the check below has something to look at. */
async function importPgOf(path: string): Promise<void> {
  let found: string;
  try {
    found = createRequire(path).resolve('pg');
  } catch {
    return;
  }
  await import(pathToFileURL(found).href);
}
