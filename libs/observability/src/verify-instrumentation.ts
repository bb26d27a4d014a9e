import * as importedHttp from 'node:http';
import { createRequire } from 'node:module';
import process from 'node:process';
import { sep } from 'node:path';
import { preloadState } from './lifecycle.js';

export interface InstrumentationState {
  readonly ok: boolean;
  /** What should be patched and is not: `sdk` (the preload is missing), `http`, `pg`. */
  readonly missing: string[];
}

/**
 * Looks at the functions that are loaded in this process, not at what was asked for, and loads nothing itself:
 * `pg` counts once something has loaded it. Nothing is missing where the SDK was switched off.
 */
export function verifyInstrumentation(): InstrumentationState {
  const state = preloadState();
  if (state === 'disabled') return { ok: true, missing: [] };
  const missing: string[] = [];
  if (state === 'absent') missing.push('sdk');
  if (!httpIsPatched()) missing.push('http');
  if (!loadedPgClients().every((client) => isWrapped(client, 'query'))) missing.push('pg');
  return { ok: missing.length === 0, missing };
}

/** As `require` and as `import` give it: the latter is patched only when the loader hook was registered first. */
function httpIsPatched(): boolean {
  const required = process.getBuiltinModule('node:http');
  return (
    isWrapped(required.Server.prototype, 'emit') && isWrapped(required, 'request') && isWrapped(importedHttp, 'request')
  );
}

/** Prototypes of every copy of pg's client that is loaded. */
function loadedPgClients(): object[] {
  const suffix = ['', 'node_modules', 'pg', 'lib', 'client.js'].join(sep);
  return Object.entries(createRequire(import.meta.url).cache)
    .filter(([path]) => path.endsWith(suffix))
    .map(([, loaded]) => (loaded?.exports as { prototype: object }).prototype);
}

/** The mark that OpenTelemetry's wrappers leave on what they wrap. */
function isWrapped(owner: object, name: string): boolean {
  const member: unknown = Reflect.get(owner, name);
  return typeof member === 'function' && Reflect.get(member, '__wrapped') === true;
}
