import { domainPackages } from '../house.mjs';
import { importVisitor, locate, resolveRelative } from '../location.mjs';

/** The layers inside an app: `domain`, `features/<use case>`, `persistence`. */
export const layersRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      domain: 'domain/ imports only @myelin/kernel and itself, not {{source}}.',
      feature: 'The feature {{from}} may not import the feature {{to}}: each can be removed by deleting its folder.',
      upwards: 'persistence/ may not import features/: it stores for them and does not know them.',
      entity: 'Entity classes stay in persistence/; import a repository instead of {{source}}.',
      entityHere: 'An entity class belongs into persistence/.',
    },
  },
  create(context) {
    const here = locate(context);
    if (here.room?.type !== 'app' || !here.inner.startsWith('src/')) return {};
    const layer = layerOf(here.inner);
    return {
      ...importVisitor((source, node) => {
        const problem = refusal(here, layer, source);
        if (problem) context.report({ node, ...problem });
      }),
      'Decorator[expression.callee.name="Entity"]'(node) {
        if (layer.name !== 'persistence') context.report({ node, messageId: 'entityHere' });
      },
    };
  },
};

/** `src/features/x/y.ts` -> `{ name: 'features', part: 'x' }` */
function layerOf(inner) {
  const [, name, part] = inner.split('/');
  return { name, part };
}

function refusal(here, layer, source) {
  const inside = source.startsWith('.');
  const target = inside ? layerOf(resolveRelative(here, source).slice(here.room.path.length + 1)) : undefined;
  if (layer.name === 'domain' && !allowedInDomain(here, source, target))
    return { messageId: 'domain', data: { source } };
  if (!target) return undefined;
  if (layer.name === 'features' && target.name === 'features' && target.part !== layer.part) {
    return { messageId: 'feature', data: { from: layer.part, to: target.part } };
  }
  if (layer.name === 'persistence' && target.name === 'features') return { messageId: 'upwards' };
  if (/\.entity(\.js)?$/.test(source) && layer.name !== 'persistence' && !here.isTest) {
    return { messageId: 'entity', data: { source } };
  }
  return undefined;
}

function allowedInDomain(here, source, target) {
  if (target) return target.name === 'domain';
  return (
    source === '@myelin/kernel' ||
    domainPackages.includes(source) ||
    (here.isTest && ['@jest/globals', 'fast-check'].includes(source))
  );
}
