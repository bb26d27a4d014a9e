/** `digits` / 10 ** `scale`, exactly. */
export interface ExactDecimal {
  readonly digits: bigint;
  /** At least 0. */
  readonly scale: number;
}

/** @param text as PostgreSQL writes a numeric: no exponent, at least one digit before the point */
export function decimalOf(text: string): ExactDecimal {
  const point = text.indexOf('.');
  if (point === -1) return { digits: BigInt(text), scale: 0 };
  return { digits: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

export function decimalText(digits: bigint, scale: number): string {
  if (scale === 0) return String(digits);
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
