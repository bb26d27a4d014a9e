/** The upper tail of the standard normal distribution, 1 − Φ(z); relative error below 1e-6 for any z ≥ 0. */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  return 0.5 * complementaryError(z / Math.SQRT2);
}

/** z with 1 − Φ(z) = `tail`, for tails from 1e-12 to a half. */
export function normalQuantile(tail: number): number {
  let low = 0;
  let high = 8;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** erfc by a Chebyshev fit (Press et al., Numerical Recipes, 6.2), for x ≥ 0. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  ];
  const series = coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(-x * x - 1.26551223 + t * series);
}
