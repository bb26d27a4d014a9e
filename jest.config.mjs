/**
 * One configuration for every project; `tools/test-runner` passes `--rootDir <project>`.
 * Workspace packages resolve to their sources (condition `myelin-source`), so tests never see a stale build.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const swc = JSON.parse(readFileSync(new URL('./.swcrc', import.meta.url), 'utf8'));
delete swc.$schema;

export default {
  testMatch: ['**/*.spec.{ts,mjs}', '**/*.it.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc, swcrc: false }] },
  testEnvironment: fileURLToPath(new URL('./tools/test-runner/telling-environment.mjs', import.meta.url)),
  testEnvironmentOptions: { customExportConditions: ['myelin-source', 'node', 'node-addons'] },
  testTimeout: 30_000,
  maxWorkers: 2,
};
