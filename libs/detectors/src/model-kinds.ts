import { combined } from './combined/combined.js';
import { cusum } from './cusum.js';
import { ewmaZ } from './ewma-z.js';
import { holtWinters } from './holt-winters.js';
import type { Model } from './model.js';
import type { Creation, ModelContext, ModelKind } from './model-kind.js';
import { pageHinkley } from './page-hinkley.js';
import { robustZ } from './robust-z.js';
import { seasonal } from './seasonal.js';

/** Every model of one series that a rule may name. Peer groups and forecasts have interfaces of their own. */
export const modelKinds = [
  ewmaZ,
  robustZ,
  cusum,
  pageHinkley,
  seasonal,
  holtWinters,
  combined,
] as const satisfies ModelKind[];

export type ModelType = (typeof modelKinds)[number]['type'];

/** The model that a rule names, or everything that is wrong with how it does; pointers are into `{ type, params }`. */
export function createModel(
  { type, params = {} }: { readonly type: string; readonly params?: unknown },
  context: ModelContext,
): Creation<Model> {
  const kind: ModelKind | undefined = modelKinds.find((each) => each.type === type);
  if (kind === undefined) {
    const problem = `must be one of ${modelKinds.map((each) => each.type).join(', ')}`;
    return { faults: [{ pointer: '/type', problem }] };
  }
  const creation = kind.create(params, context);
  if ('model' in creation) return creation;
  return { faults: creation.faults.map(({ pointer, problem }) => ({ pointer: `/params${pointer}`, problem })) };
}
