import { isDeviceId } from '@myelin/kernel';
import { PathParameterPipe } from '@myelin/service-kit';
import { slugPattern } from '../../domain/releases/release.js';
import { waveLimits } from '../../domain/rollouts/wave-definition.js';

const isWave = (value: string): boolean => /^(0|[1-9]\d{0,3})$/.test(value) && Number(value) < waveLimits.waves;

export const rolloutParameter = new PathParameterPipe('rollout', (value) => new RegExp(slugPattern).test(value));
export const waveParameter = new PathParameterPipe('wave', isWave);
export const deviceParameter = new PathParameterPipe('device', isDeviceId);
