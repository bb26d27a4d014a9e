import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { ownedPackages } from '../house.mjs';
import { importVisitor, locate, packageOf } from '../location.mjs';

/** Third-party packages: only in the places that own them, and only when the package declares them. */
export const packagesRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      owned: '{{name}} may not be imported here: {{reason}}.',
      undeclared: '{{name}} is not among the dependencies that {{path}}/package.json declares.',
      development: '{{name}} is a development dependency of {{path}}: only tests may import it.',
    },
  },
  create(context) {
    const here = locate(context);
    if (!here.room) return {};
    const declared = declaredBy(join(here.root, here.room.path, 'package.json'));
    return importVisitor((source, node) => {
      if (source.startsWith('.') || isBuiltin(source) || source === `@myelin/${here.name}`) return;
      const problem = refusal(here, declared, packageOf(source));
      if (problem) context.report({ node, ...problem });
    });
  },
};

function refusal(here, declared, name) {
  const owner = ownedPackages.find(({ packages }) => packages.includes(name));
  if (owner && !owner.places.some((place) => here.path.startsWith(`${place}/`))) {
    return { messageId: 'owned', data: { name, reason: owner.reason } };
  }
  const data = { name, path: here.room.path };
  // What the root brings for everybody's tests and the rooms' own table decides about workspace packages.
  if (declared.dependencies.has(name) || name.startsWith('@myelin/')) return undefined;
  if (name === '@jest/globals' && here.isTest) return undefined;
  if (!declared.devDependencies.has(name)) return { messageId: 'undeclared', data };
  return here.isTest ? undefined : { messageId: 'development', data };
}

const manifests = new Map();

function declaredBy(file) {
  if (!manifests.has(file)) {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = readManifest(file);
    manifests.set(file, {
      dependencies: new Set(Object.keys({ ...dependencies, ...optionalDependencies })),
      devDependencies: new Set(Object.keys(devDependencies)),
    });
  }
  return manifests.get(file);
}

function readManifest(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
