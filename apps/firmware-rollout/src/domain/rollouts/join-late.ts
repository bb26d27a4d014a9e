import { type AssignmentReason, type AssignmentState, type Obstacle, obstacles } from '../assignments/assignment.js';
import { DeviceOrder } from './device-order.js';
import { type DeviceScope, type ScopedDevice, compileScope } from './device-scope.js';
import { type ReleaseDemands, type UpdatableDevice, obstacleFinder } from './find-obstacle.js';
import type { Rollout, WaveState } from './rollout.js';

/** What of a wave decides who joins it. */
export interface JoinableWave {
  readonly state: WaveState;
  /** How many it has. */
  readonly devices: number;
  /** Only of a wave that was made by one. */
  readonly selector?: DeviceScope;
}

/** Whether a device that begins to match becomes part of a rollout. */
export function mayJoin({ settings, state }: Pick<Rollout, 'settings' | 'state'>): boolean {
  return settings.isDynamic === true && !['aborting', 'aborted', 'succeeded'].includes(state);
}

/** What a device has in a rollout already. */
export interface StandingOfDevice {
  readonly state: AssignmentState;
  readonly reason?: AssignmentReason;
}

/** `skip`: it is part of the rollout and left out of it. `retry`: it was left out, and nothing is in its way any more. */
export type Joining =
  | { readonly kind: 'join'; readonly wave: number }
  | { readonly kind: 'skip'; readonly wave: number; readonly reason: Obstacle }
  | { readonly kind: 'retry' };

export interface JoinedRollout {
  /** Its id. */
  readonly rollout: string;
  readonly target: DeviceScope;
  readonly release: ReleaseDemands;
  /** All, in their order; one at least. */
  readonly waves: readonly JoinableWave[];
}

/**
 * What is done with a device that changed while a dynamic rollout goes on; undefined = nothing. Whoever is in it stays in it: its
 * target is asked when a device joins, and what would make the firmware wrong for it again when its turn comes.
 */
export function lateJoiner({
  rollout,
  target,
  release,
  waves,
}: JoinedRollout): (device: UpdatableDevice, standing?: StandingOfDevice) => Joining | undefined {
  const isTarget = compileScope(target);
  const obstacleOf = obstacleFinder(release);
  const waveOf = lateWaves(rollout, waves);
  return (device, standing) => {
    if (!isTarget(device)) return undefined;
    const reason = obstacleOf(device);
    if (standing !== undefined) return reason === undefined && isLeftOut(standing) ? { kind: 'retry' } : undefined;
    if (reason === undefined) return { kind: 'join', wave: waveOf(device) };
    // Like those whom a plan leaves out: in the last wave, so that whoever is tried again is no canary.
    return device.lifecycle === 'deleted' ? undefined : { kind: 'skip', wave: waves.length - 1, reason };
  };
}

/** By what it was, not by an operator or by its end. */
function isLeftOut({ state, reason }: StandingOfDevice): boolean {
  return state === 'skipped' && (obstacles as readonly (AssignmentReason | undefined)[]).includes(reason);
}

/**
 * The wave of a device that matches later: the one whose selector takes it, or the one of its place in the order, if nobody has judged
 * that yet; otherwise the next one that is still open; the last one when there is none.
 *
 * @param waves all, in their order; one at least
 */
export function lateWaves(rollout: string, waves: readonly JoinableWave[]): (device: ScopedDevice) => number {
  const isOpen = ({ state }: JoinableWave): boolean => state === 'pending' || state === 'running';
  const selecting = waves.flatMap(({ selector, ...wave }, index) =>
    selector !== undefined && isOpen(wave) ? [{ index, isSelected: compileScope(selector) }] : [],
  );
  const order = new DeviceOrder(rollout);
  return (device) => {
    const selected = selecting.find(({ isSelected }) => isSelected(device));
    if (selected !== undefined) return selected.index;
    const own = waveOfPlace(order.shareOf(device.device), waves);
    const open = waves.findIndex((wave, index) => index >= own && wave.selector === undefined && isOpen(wave));
    return open === -1 ? waves.length - 1 : open;
  };
}

/** As if the device had been there from the beginning, as far as that can be said without planning again. */
function waveOfPlace(share: number, waves: readonly JoinableWave[]): number {
  const shared = waves.map(({ selector, devices }) => (selector === undefined ? devices : 0));
  let place = share * shared.reduce((sum, each) => sum + each, 0);
  return shared.findIndex((devices) => (place -= devices) < 0);
}
