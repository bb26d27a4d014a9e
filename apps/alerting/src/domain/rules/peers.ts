import { type PeerRoundModel, peerRound } from '@myelin/detectors';
import type { Problems } from '../definitions/problems.js';
import { isAboutQuality, leavesWithPlaces } from './parse-condition.js';
import type { Anomaly, Clearing, Condition } from './rule.js';
import { RuleError } from './rule.errors.js';

/** More devices than these are not compared with each other: those with the lowest ids are. */
export const maxPeers = 10_000;

/** A condition about how devices compare with each other. */
export type PeerCondition = Anomaly & { readonly model: { readonly type: typeof peerRound.type } };

export function isAboutPeers(condition: Condition): condition is PeerCondition {
  return 'op' in condition && condition.op === 'anomaly' && condition.model.type === peerRound.type;
}

/** @throws RuleError rule.model-invalid */
export function peerModelOf({ model }: PeerCondition): PeerRoundModel {
  const creation = peerRound.create(model.params ?? {});
  if ('model' in creation) return creation.model;
  const faults = creation.faults.map(({ pointer, problem }) => `${pointer} ${problem}`);
  throw RuleError.permanent('rule.model-invalid', `the model cannot be made: ${faults.join('; ')}`);
}

/** Rounds are a rule's only readings: what else it could look at does not come together with them. */
export function checkPeers(
  { when, clear, latenessMs = 0 }: { when: Condition; clear: Clearing | undefined; latenessMs: number | undefined },
  problems: Problems,
): void {
  const clearing = clear?.when === undefined ? [] : leavesWithPlaces(clear.when, '/clear/when');
  const comparing = [...leavesWithPlaces(when, '/when'), ...clearing].filter(({ leaf }) => isAboutPeers(leaf));
  for (const { leaf, pointer } of comparing) {
    const problem = 'compares devices with each other, which is the whole of `when` or no part of a rule';
    problems.expect(pointer === '/when', `${pointer}/model/type`, problem);
    problems.expect(!isAboutQuality(leaf), `${pointer}/metric`, `does not go with the model ${peerRound.type}`);
  }
  if (!isAboutPeers(when)) return;
  problems.expect(clear?.when === undefined, '/clear/when', `does not go with the model ${peerRound.type}`);
  const creation = peerRound.create(when.model.params ?? {});
  if (!('model' in creation)) return;
  const { everyMs } = creation.model;
  problems.expect(latenessMs <= everyMs, '/latenessMs', `must be at most everyMs of the model, ${everyMs}`);
}
