import { type Finding, error, ok, warning } from '../finding.js';

/** Tokens are taken this long after their end; reports may be dated no further ahead. */
const toleratedMs = 2_000;
const harmfulMs = 30_000;

/**
 * What the other side's clock is off by, as far as the way there and back can tell.
 * @param resolutionMs of what the other side says: a second for HTTP
 */
export function clockFinding(
  check: string,
  who: string,
  clock: {
    readonly askedMs: number;
    readonly theirsMs: number;
    readonly answeredMs: number;
    readonly resolutionMs: number;
  },
): Finding {
  const { askedMs, theirsMs, answeredMs, resolutionMs } = clock;
  const behindMs = Math.max(0, askedMs - theirsMs - resolutionMs);
  const aheadMs = Math.max(0, theirsMs - answeredMs);
  const offMs = Math.max(behindMs, aheadMs);
  if (offMs <= toleratedMs) return ok(check, `the clocks of this machine and of ${who} agree`);
  const way = aheadMs > 0 ? 'ahead of' : 'behind';
  const detail = `the clock of ${who} is ${(offMs / 1_000).toFixed(1)} s ${way} this machine's`;
  const remedy = 'set both by NTP (systemd: timedatectl set-ntp true; state: timedatectl, or chronyc tracking)';
  return (offMs > harmfulMs ? error : warning)(check, detail, remedy);
}
