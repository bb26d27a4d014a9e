import type { FreeDevice, RolloutSnapshot } from './decide.js';
import type { Rollout, RolloutSettings, Wave } from './rollout.js';
import type { Tally } from './tally.js';

/** For tests: it runs, has no conditions, and offers 600 devices a minute. */
export function aRollout(settings: Partial<RolloutSettings> = {}, members: Partial<Rollout> = {}): Rollout {
  return {
    ...{ id: 'r', weight: 500, createdAtMs: 0, state: 'running', startedBy: 'ann', version: 3 },
    settings: { advance: [], pause: [], speed: { kind: 'constant', perMinute: 600 }, timeoutMs: 60_000, ...settings },
    ...members,
  };
}

export type WaveWithTally = Wave & { readonly tally: Tally };

export function aWave(
  index: number,
  state: Wave['state'],
  tally: Tally = {},
  members: Partial<Wave> = {},
): WaveWithTally {
  return { index, state, tally, ...members };
}

export function aSnapshot(
  rollout: Rollout,
  waves: readonly WaveWithTally[],
  members: Partial<RolloutSnapshot> = {},
): RolloutSnapshot {
  return { rollout, waves, free: [], due: [], lately: { inMinute: 0, inBurst: 0 }, judgements: {}, ...members };
}

export function aFreeDevice(device: string, members: Partial<FreeDevice> = {}): FreeDevice {
  return { device, isBusy: false, candidates: [{ rollout: 'r', weight: 500, createdAtMs: 0 }], ...members };
}
