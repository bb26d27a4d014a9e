import { DeviceOrder } from './device-order.js';
import { type DeviceScope, type ScopedDevice, compileScope } from './device-scope.js';
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

/**
 * The wave of a device that matches later: the one whose selector takes it, or the one of its place in the order, if nobody has judged
 * that yet; otherwise the next one that is still open; the last one when there is none.
 *
 * @param waves all, in their order; one at least
 */
export function waveOfLateDevice(rollout: string, device: ScopedDevice, waves: readonly JoinableWave[]): number {
  const isOpen = ({ state }: JoinableWave): boolean => state === 'pending' || state === 'running';
  const selecting = waves.findIndex(
    (wave) => wave.selector !== undefined && isOpen(wave) && compileScope(wave.selector)(device),
  );
  if (selecting !== -1) return selecting;
  const own = waveOfPlace(rollout, device.device, waves);
  const open = waves.findIndex((wave, index) => index >= own && wave.selector === undefined && isOpen(wave));
  return open === -1 ? waves.length - 1 : open;
}

/** As if the device had been there from the beginning, as far as that can be said without planning again. */
function waveOfPlace(rollout: string, device: string, waves: readonly JoinableWave[]): number {
  const shared = waves.map(({ selector, devices }) => (selector === undefined ? devices : 0));
  let place = new DeviceOrder(rollout).shareOf(device) * shared.reduce((sum, each) => sum + each, 0);
  return shared.findIndex((devices) => (place -= devices) < 0);
}
