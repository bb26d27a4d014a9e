/**
 * Whether two numbers are further apart than `limit`, as the decimals that they are written as: 0.3 and 0.2 are 0.1 apart,
 * which binary fractions cannot say. Exact digits are compared only where rounding could decide.
 *
 * @param limit at least 0
 */
export function differByMore(left: number, right: number, limit: number): boolean {
  if (left === right) return false;
  const difference = Math.abs(left - right);
  // Reading three decimals and two subtractions round by less than this.
  const doubt = 4 * Number.EPSILON * Math.max(Math.abs(left), Math.abs(right), limit);
  if (Math.abs(difference - limit) > doubt) return difference > limit;
  const decimals = [decimalOf(left), decimalOf(right), decimalOf(limit)] as const;
  const exponent = Math.min(...decimals.map((one) => one.exponent));
  const [first, second, most] = decimals.map((one) => one.digits * 10n ** BigInt(one.exponent - exponent));
  const exact = (first ?? 0n) - (second ?? 0n);
  return (exact < 0n ? -exact : exact) > (most ?? 0n);
}

/** The shortest decimal that reads back as the same number: `digits` times ten to the `exponent`. */
function decimalOf(value: number): { readonly digits: bigint; readonly exponent: number } {
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}
