import { deepEntryPoints, rooms } from '../house.mjs';
import { importVisitor, locate, locatePath, packageOf, resolveRelative } from '../location.mjs';

const scope = '@myelin/';

/** Who may import whom, and by which name. */
export const roomsRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      forbidden: '{{from}} may not import {{to}}: {{reason}}.',
      unknown: '{{to}} is not a room of the house.',
      deep: 'Import {{to}} by its name; {{source}} reaches into it.',
      escape: '{{source}} leaves {{from}} by a relative path; rooms are imported by name.',
    },
  },
  create(context) {
    const here = locate(context);
    if (!here.room) return {};
    return importVisitor((source, node) => {
      const problem = source.startsWith('.') ? escape(here, source) : byName(here, source);
      if (problem) context.report({ node, ...problem });
    });
  },
};

function escape(here, source) {
  const target = locatePath(here.root, resolveRelative(here, source));
  if (target.name === here.name) return undefined;
  return { messageId: 'escape', data: { source, from: here.name } };
}

function byName(here, source) {
  if (!source.startsWith(scope)) return undefined;
  const to = packageOf(source).slice(scope.length);
  if (!rooms[to]) return { messageId: 'unknown', data: { to: packageOf(source) } };
  const reason = refusal(here, to);
  if (reason) return { messageId: 'forbidden', data: { from: here.name, to, reason } };
  const deep = source !== packageOf(source) && !deepEntryPoints.includes(source);
  return deep ? { messageId: 'deep', data: { to: packageOf(source), source } } : undefined;
}

/** Why the room may not import the other one; undefined when it may. */
export function refusal(here, to) {
  const { room, name, isTest } = here;
  if (to === name || room.imports.includes(to) || (isTest && room.testsImport.includes(to))) return undefined;
  const target = rooms[to];
  if (target.type === 'app') {
    return room.type === 'app'
      ? 'apps never import apps, services talk through Kafka topics only'
      : 'nothing imports an app';
  }
  if (room.testsImport.includes(to)) return 'only tests and suites may';
  if (target.type === 'tool' && room.type !== 'tool') return 'libs and apps never import tools';
  const allowed = [...room.imports, ...(isTest ? room.testsImport : [])];
  return allowed.length === 0 ? 'it imports no other room' : `it may import ${allowed.join(', ')}`;
}
