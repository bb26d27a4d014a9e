import type { Problems } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';
import { isAboutSilence, oneOf } from './parse-condition.js';
import { type Rule, type StormBrake, stormGroups } from './rule.js';

export const stormBrakeLimits = {
  atLeast: { min: 2, max: 1_000_000 },
  windowMs: { min: 10_000, max: 86_400_000 },
} as const;

export const stormBrakeDefaults = { share: 0.3, atLeast: 10, windowMs: 300_000 } as const;

export function readStormBrake(rule: JsonReader, problems: Problems): StormBrake {
  const known = ['by', 'share', 'atLeast', 'windowMs'];
  const reader = JsonReader.of(rule.get('storm'), rule.at('storm'), problems, known);
  const by = oneOf(reader, 'by', stormGroups, problems);
  const share = reader.get('share');
  const fits = share === undefined || (typeof share === 'number' && share > 0 && share <= 1);
  problems.expect(fits, reader.at('share'), 'must be a number above 0, 1 at most');
  const atLeast = reader.integer('atLeast', stormBrakeLimits.atLeast);
  const windowMs = reader.integer('windowMs', stormBrakeLimits.windowMs);
  return {
    ...(by === undefined ? {} : { by }),
    ...(typeof share === 'number' ? { share } : {}),
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(windowMs === undefined ? {} : { windowMs }),
  };
}

/** What a rule brakes by, with what it does not say itself. */
export type CompleteBrake = Required<Omit<StormBrake, 'by'>> & Pick<StormBrake, 'by'>;

/** Undefined for a rule without a brake. Devices that fall silent together do so at a site, unless the rule says otherwise. */
export function brakeOf({ storm = {}, when }: Pick<Rule, 'storm' | 'when'>): CompleteBrake | undefined {
  const brake = { ...stormBrakeDefaults, ...storm };
  if (brake.share >= 1) return undefined;
  return storm.by === undefined && isAboutSilence(when) ? { ...brake, by: 'site' } : brake;
}
