/** How many devices are offered their firmware. All numbers are whole and positive but `factor`, which is above 1. */
export type Speed =
  | { readonly kind: 'constant'; readonly perMinute: number }
  /** `perMinute` times `factor` for each `everySuccesses` devices that have succeeded. */
  | {
      readonly kind: 'growing';
      readonly perMinute: number;
      readonly factor: number;
      readonly everySuccesses: number;
      readonly maxPerMinute: number;
    };

/** What was offered lately, counted from the times of the offers, those of devices that have closed since included. */
export interface OfferedLately {
  /** Later than a minute ago; those of a clock that is `toleratedSkewMs` ahead are in it. */
  readonly inMinute: number;
  /** Later than `burstMs` ago. */
  readonly inBurst: number;
}

/** No more than a share of a minute's devices begin within this, so that they do not all download at once. */
export const burstMs = 10_000;
const burstsPerMinute = 60_000 / burstMs;

export function devicesPerMinute(speed: Speed, succeeded: number): number {
  if (speed.kind === 'constant') return speed.perMinute;
  const steps = Math.floor(succeeded / speed.everySuccesses);
  return Math.min(Math.floor(speed.perMinute * speed.factor ** steps), speed.maxPerMinute);
}

/**
 * How many devices may be offered their firmware now. It is counted from what was offered, so that whoever dies between two steps
 * neither loses nor doubles it.
 */
export function budgetOf(speed: Speed, succeeded: number, lately: OfferedLately): number {
  const perMinute = devicesPerMinute(speed, succeeded);
  const perBurst = Math.ceil(perMinute / burstsPerMinute);
  return Math.max(0, Math.min(perMinute - lately.inMinute, perBurst - lately.inBurst));
}
