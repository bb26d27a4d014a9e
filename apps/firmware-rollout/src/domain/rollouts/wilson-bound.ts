/**
 * What a share is at least, when `count` of `total` were seen and one wants to be wrong with a chance of at most `1 - confidence`
 * (one-sided Wilson score bound). Of few devices it is far below what was seen.
 *
 * @param confidence 0.5 (the share itself) to below 1
 */
export function wilsonLowerBound(count: number, total: number, confidence: number): number {
  if (count === 0) return 0;
  const z = normalQuantile(confidence);
  const share = count / total;
  const square = (z * z) / total;
  const spread = z * Math.sqrt((share * (1 - share)) / total + square / (4 * total));
  return Math.max(0, (share + square / 2 - spread) / (1 + square));
}

/** Below which `probability` of a standard normal distribution lies, for 0.5 to below 1; off by 0.00045 at most (Abramowitz and Stegun, 26.2.23). */
function normalQuantile(probability: number): number {
  if (probability <= 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(1 - probability));
  const over = 2.515517 + t * (0.802853 + t * 0.010328);
  const under = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return Math.max(0, t - over / under);
}
