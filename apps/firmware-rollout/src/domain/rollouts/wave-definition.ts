import type { DeviceScope } from './device-scope.js';

/** Selectors first, then either percents of the devices that they leave, or counts. */
export type WaveDefinition =
  | { readonly kind: 'selector'; readonly selector: DeviceScope }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'count'; readonly count: number };

export const waveLimits = { waves: 100, devices: 10_000_000 } as const;

/** What is wrong with the waves of a rollout, and where. */
export interface WaveFault {
  /** Of the wave; absent when it is about all of them. */
  readonly wave?: number;
  readonly detail: string;
}

/** The first fault; undefined without any. */
export function faultInWaves(waves: readonly WaveDefinition[]): WaveFault | undefined {
  if (waves.length < 1 || waves.length > waveLimits.waves) return { detail: `must be 1 to ${waveLimits.waves} waves` };
  const fault = waves.map(faultInWave).findIndex((detail) => detail !== undefined);
  if (fault !== -1) return { wave: fault, detail: faultInWave(waves[fault] as WaveDefinition) as string };
  const rest = waves.slice(waves.filter(({ kind }) => kind === 'selector').length);
  const late = waves.findLastIndex(({ kind }) => kind === 'selector');
  if (rest.some(({ kind }) => kind === 'selector'))
    return { wave: late, detail: 'must come before percents and counts' };
  if (new Set(rest.map(({ kind }) => kind)).size > 1) return { detail: 'must not mix percents and counts' };
  const hundredths = rest.reduce(
    (sum, wave) => sum + (wave.kind === 'percent' ? Math.round(wave.percent * 100) : 0),
    0,
  );
  return rest[0]?.kind === 'percent' && hundredths !== 10_000 ? { detail: 'percents must be 100 together' } : undefined;
}

function faultInWave(wave: WaveDefinition): string | undefined {
  if (wave.kind === 'selector') return undefined;
  if (wave.kind === 'count') {
    const isCount = Number.isInteger(wave.count) && wave.count >= 1 && wave.count <= waveLimits.devices;
    return isCount ? undefined : `count must be a whole number from 1 to ${waveLimits.devices}`;
  }
  const hundredths = Math.round(wave.percent * 100);
  const isPercent = hundredths >= 1 && hundredths <= 10_000 && Math.abs(wave.percent * 100 - hundredths) < 1e-6;
  return isPercent ? undefined : 'percent must be from 0.01 to 100, with at most two decimals';
}
