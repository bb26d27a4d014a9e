import { environmentReaders } from '../house.mjs';
import { locate, matches } from '../location.mjs';

/** Configuration is parsed once: only `config.ts` of an app reads the environment. Writing a variable is allowed. */
export const environmentRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { read: 'Only config.ts reads the environment; take the value from the configuration object.' },
  },
  create(context) {
    const here = locate(context);
    if (!here.room || here.room.type === 'tool' || here.isTest) return {};
    if (environmentReaders.some((pattern) => matches(here.path, pattern))) return {};
    const report = (node) => context.report({ node, messageId: 'read' });
    return {
      'MemberExpression[object.name="process"][property.name="env"]'(node) {
        if (!isAssigned(node)) report(node);
      },
      'ImportSpecifier[imported.name="env"]'(node) {
        if (['process', 'node:process'].includes(node.parent.source.value)) report(node);
      },
      'VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]': report,
    };
  },
};

function isAssigned(node) {
  const variable = node.parent;
  const target = variable.type === 'MemberExpression' ? variable : node;
  return target.parent.type === 'AssignmentExpression' && target.parent.left === target;
}
