import { dirname, join, relative, resolve, sep } from 'node:path';
import { rooms } from './house.mjs';

/**
 * Where a linted file stands in the house.
 * @returns {{ root: string, path: string, name?: string, room?: object, inner: string, isTest: boolean }}
 * `path` from the workspace's root and `inner` from the room's, both with forward slashes.
 */
export function locate(context) {
  const root = context.settings?.myelin?.root ?? context.cwd;
  return locatePath(root, relative(root, context.filename).split(sep).join('/'));
}

export function locatePath(root, path) {
  const found = Object.entries(rooms)
    .filter(([, room]) => path.startsWith(`${room.path}/`))
    .sort(([, a], [, b]) => b.path.length - a.path.length)[0];
  const [name, room] = found ?? [];
  const inner = room ? path.slice(room.path.length + 1) : path;
  return { root, path, name, room, inner, isTest: isTestPath(inner) || room?.type === 'suite' };
}

function isTestPath(inner) {
  return /\.(spec|it)\.(ts|mjs)$/.test(inner) || inner.startsWith('test/');
}

/** The workspace path that a relative import points to. */
export function resolveRelative(location, source) {
  const target = resolve(join(location.root, dirname(location.path)), source);
  return relative(location.root, target).split(sep).join('/');
}

/** `@scope/name/deep/path` -> `@scope/name`. */
export function packageOf(source) {
  return source
    .split('/')
    .slice(0, source.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Calls `visit(source, node)` for every way in which a module names another one. */
export function importVisitor(visit) {
  const literal = (node) => {
    if (typeof node?.value === 'string') visit(node.value, node);
  };
  return {
    ImportDeclaration: (node) => literal(node.source),
    ExportNamedDeclaration: (node) => literal(node.source),
    ExportAllDeclaration: (node) => literal(node.source),
    ImportExpression: (node) => literal(node.source),
    TSExternalModuleReference: (node) => literal(node.expression),
    'CallExpression[callee.name="require"]': (node) => literal(node.arguments[0]),
  };
}

/** Matches a path against a pattern in which `*` is one segment and `**` any rest. */
export function matches(path, pattern) {
  const source = pattern
    .split('/')
    .map((part) => (part === '**' ? '.*' : part.replace(/[.+]/g, '\\$&').replaceAll('*', '[^/]*')))
    .join('/');
  return new RegExp(`^${source}$`).test(path);
}
