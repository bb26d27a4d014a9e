import type { Instruction, LastWord } from './instructions.js';
import type { StoredAction, StoredAssignment, StoredRollout } from './stored-rollouts.js';
import type { ToldChange } from './told-events.js';

/** Everything that is held against each other: what devices saw and said, and what the service stored, showed and told. */
export interface RolloutEvidence {
  readonly shown: ReadonlyMap<number, Instruction>;
  readonly wordsOf: (action: number) => readonly LastWord[];
  readonly rollouts: readonly StoredRollout[];
  readonly assignments: readonly StoredAssignment[];
  readonly actions: readonly StoredAction[];
  readonly changes: readonly ToldChange[];
  /** As the API shows them: `<rollout> <wave> <state> <reason or nothing>` to devices. */
  readonly counts: ReadonlyMap<string, number>;
  /** When the abort of a rollout was acknowledged. */
  readonly abortedMs: ReadonlyMap<string, number>;
  /** The service's clock was never wrong. */
  readonly isClockRight: boolean;
}

/** A transaction ends so long after the time that it bears at most, and with it what another process may still show. */
export const inFlightMs = 30_000;

const over = ['aborted', 'succeeded'];
const active = ['offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling'];

/** What does not fit together, one sentence each. */
export function judgeRollouts(evidence: RolloutEvidence): string[] {
  return [
    ...openEnds(evidence),
    ...otherMeanings(evidence),
    ...secondInstructions(evidence),
    ...earlyWaves(evidence),
    ...afterAborts(evidence),
    ...otherOutcomes(evidence),
    ...wrongCounts(evidence),
    ...wrongEvents(evidence),
  ];
}

function openEnds({ rollouts, assignments }: RolloutEvidence): string[] {
  return [
    ...rollouts.flatMap(({ rollout, state }) => (over.includes(state) ? [] : [`${rollout} is ${state} in the end`])),
    ...assignments.flatMap(({ rollout, device, state }) =>
      active.includes(state) ? [`${device} is ${state} in ${rollout} in the end`] : [],
    ),
  ];
}

/** An action is of the device and the firmware that it was stored for, whenever it was shown. */
function otherMeanings({ shown, actions }: RolloutEvidence): string[] {
  const stored = new Map(actions.map((one) => [one.action, one]));
  return [...shown.values()].flatMap(({ action, device, version }) => {
    const own = stored.get(action);
    const isSame = own?.device === device && own.version === version;
    return isSame ? [] : [`${device} was shown action ${action} with ${version}, which is not what is stored`];
  });
}

/** The next instruction comes when the one before is closed: by the device, or because it said nothing for too long. */
function secondInstructions({ shown, wordsOf, actions }: RolloutEvidence): string[] {
  const stored = new Map(actions.map((one) => [one.action, one]));
  const byDevice = Map.groupBy(shown.values(), ({ device }) => device);
  return [...byDevice.values()].flatMap((all) => {
    const sorted = all.toSorted((a, b) => a.action - b.action);
    return sorted.slice(0, -1).flatMap(({ device, action }, nth) => {
      const isClosedByDevice = wordsOf(action).some(({ word }) => word !== 'refused-to-stop');
      if (isClosedByDevice || stored.get(action)?.endedBy === 'time-out') return [];
      return [`${device} was shown action ${sorted[nth + 1]?.action} while ${action} was open`];
    });
  });
}

function earlyWaves({ shown, actions, isClockRight }: RolloutEvidence): string[] {
  return actions.flatMap(({ action, rollout, device, wave, waveStartedMs }) => {
    const shownMs = shown.get(action)?.firstShownMs;
    const isEarly = shownMs !== undefined && (waveStartedMs === null || (isClockRight && shownMs < waveStartedMs));
    return isEarly ? [`${device} was shown ${rollout} before its wave ${wave} began`] : [];
  });
}

/**
 * Nobody is offered anything of a rollout when its abort was acknowledged, and who was offered something is shown it no longer when it
 * is cancelled; but for devices that refuse to stop, because they are through already, until they have said so.
 */
function afterAborts({ shown, actions, abortedMs, wordsOf, isClockRight }: RolloutEvidence): string[] {
  if (!isClockRight) return [];
  return actions.flatMap(({ action, rollout, device, offeredMs, cancelledMs }) => {
    const endMs = abortedMs.get(rollout) ?? Infinity;
    if (offeredMs > endMs) return [`${device} was offered ${rollout} ${offeredMs - endMs} ms after its abort`];
    const lateMs = (shown.get(action)?.lastAskedMs ?? 0) - (cancelledMs ?? Infinity);
    if (lateMs <= inFlightMs || wordsOf(action).some(({ word }) => word === 'refused-to-stop')) return [];
    return [`${device} was shown ${rollout} ${Math.round(lateMs / 1_000)} s after it was cancelled`];
  });
}

/** An attempt has succeeded, or failed, if the device said so, and the other way round. */
function otherOutcomes({ actions, wordsOf }: RolloutEvidence): string[] {
  return actions.flatMap(({ action, device, end, endedBy, reason }) => {
    const words = wordsOf(action);
    const said = (word: LastWord['word']): boolean => words.some((one) => one.word === word);
    const taken = words.find(({ told, word }) => told === 'taken' && (word === 'succeeded' || word === 'failed'))?.word;
    if (taken !== undefined && taken !== end)
      return [`${device} said ${taken} of ${action}, which ${end ?? 'is open'}`];
    if (end === 'succeeded' && !said('succeeded')) return [`${device} did not say that ${action} succeeded`];
    if (end === 'failed' && reason === 'reported' && !said('failed'))
      return [`${device} did not say that ${action} failed`];
    if (end === 'cancelled' && endedBy === 'report' && !said('stopped'))
      return [`${device} did not say that it stopped ${action}`];
    return [];
  });
}

/** What the API shows is what is stored, and with {@link otherOutcomes} what devices reported. */
function wrongCounts({ assignments, counts }: RolloutEvidence): string[] {
  const own = new Map<string, number>();
  for (const { rollout, wave, state, reason } of assignments) {
    const key = countKey(rollout, wave, state, reason ?? undefined);
    own.set(key, (own.get(key) ?? 0) + 1);
  }
  return [...new Set([...own.keys(), ...counts.keys()])].flatMap((key) => {
    const [shown, stored] = [counts.get(key) ?? 0, own.get(key) ?? 0];
    return shown === stored ? [] : [`${shown} are counted of ${key.trim()}, and there are ${stored}`];
  });
}

export function countKey(rollout: string, wave: number, state: string, reason = ''): string {
  return `${rollout} ${wave} ${state} ${reason}`;
}

/** Of each rollout and assignment every version from 2 on, in their order, up to what is stored. */
function wrongEvents({ changes, rollouts, assignments }: RolloutEvidence): string[] {
  const stored = new Map<string, { readonly state: string; readonly version: number }>();
  for (const one of rollouts) stored.set(one.rollout, one);
  for (const one of assignments) stored.set(`${one.rollout} ${one.device}`, one);
  const told = Map.groupBy(changes, ({ of }) => of);
  return [...new Set([...stored.keys(), ...told.keys()])].flatMap((of) => {
    const fault = faultInEvents(told.get(of) ?? [], stored.get(of));
    return fault === undefined ? [] : [`the events of ${of} ${fault}`];
  });
}

function faultInEvents(
  told: readonly ToldChange[],
  stored: { readonly state: string; readonly version: number } | undefined,
): string | undefined {
  if (stored === undefined) return 'are of nothing that is stored';
  let last = { version: 1, to: told[0]?.from ?? stored.state };
  for (const { version, from, to } of told) {
    // Delivery is at least once: what came before may come again.
    if (version <= last.version) continue;
    if (version !== last.version + 1) return `go from ${last.version} to ${version}`;
    if (from !== last.to) return `have ${version} begin as ${from} where ${last.to} was the end`;
    last = { version, to };
  }
  if (last.version !== stored.version) return `end with ${last.version}, and ${stored.version} is stored`;
  return last.to === stored.state ? undefined : `end as ${last.to}, and ${stored.state} is stored`;
}
