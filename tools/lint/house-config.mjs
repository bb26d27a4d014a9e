import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { plugin } from './plugin.mjs';

const tests = ['**/*.spec.ts', '**/*.it.ts', '**/test/**/*.ts', 'libs/messaging/integration/**/*.ts'];

/**
 * The whole configuration of the linter.
 * @param {string} root the folder that holds `apps`, `libs` and `tools`
 */
export function houseConfig(root) {
  return tseslint.config(
    { ignores: ['**/node_modules/**', '**/dist/**', '.nx/**', '.results/**', 'tools/lint/fixtures/**'] },
    { linterOptions: { reportUnusedDisableDirectives: 'error' }, settings: { myelin: { root } } },
    { ...js.configs.recommended, files: ['**/*.mjs', '**/*.ts'] },
    { files: ['**/*.mjs', '**/*.ts'], plugins: { myelin: plugin }, rules: { ...budgets, ...modules, ...rooms } },
    { files: ['**/*.mjs'], languageOptions: { globals: nodeGlobals } },
    {
      files: ['**/*.ts'],
      extends: [tseslint.configs.recommendedTypeChecked],
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
      rules: types,
    },
    { files: ['apps/**/*.ts', 'libs/**/*.ts'], rules: { 'no-console': 'error' } },
    { files: [...tests, '**/*.spec.mjs'], rules: testBudgets },
    { files: tests, rules: testTypes },
    { files: ['*.config.mjs', '**/*.d.ts'], rules: { 'no-restricted-syntax': 'off' } },
  );
}

const lines = (max) => ['error', { max, skipBlankLines: true, skipComments: true }];

const budgets = {
  'max-lines': lines(300),
  'max-lines-per-function': lines(60),
  'max-depth': ['error', 4],
  complexity: ['error', 15],
};

const testBudgets = {
  'max-lines': lines(500),
  'max-lines-per-function': lines(400),
  'no-console': 'off',
};

const modules = {
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportAllDeclaration', message: 'Name what you export: no `export *`.' },
    {
      selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
      message: 'Export by name: no default exports.',
    },
  ],
  eqeqeq: ['error', 'always'],
  'object-shorthand': 'error',
  'prefer-template': 'error',
};

const rooms = {
  'myelin/environment': 'error',
  'myelin/file-names': 'error',
  'myelin/layers': 'error',
  'myelin/packages': 'error',
  'myelin/rooms': 'error',
};

const allow = [{ from: 'lib', name: ['URL', 'URLSearchParams'] }];
const types = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allow }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  // Its fix changes what a generic call infers.
  '@typescript-eslint/no-unnecessary-type-assertion': 'off',
  // A method of an asynchronous interface may have nothing to wait for.
  '@typescript-eslint/require-await': 'off',
};

const testTypes = {
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-member-access': 'off',
  '@typescript-eslint/no-unsafe-argument': 'off',
  '@typescript-eslint/unbound-method': 'off',
};

const nodeGlobals = Object.fromEntries(
  ['process', 'console', 'Buffer', 'URL', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance']
    .concat(['AbortController', 'AbortSignal', 'fetch', 'structuredClone', 'setImmediate', 'queueMicrotask'])
    .map((name) => [name, 'readonly']),
);
