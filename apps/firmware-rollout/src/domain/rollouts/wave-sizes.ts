/**
 * Shares a number of devices out by percent: each wave has what its percent makes, rounded down, and those that lost most by that one
 * more (largest remainder; of equal ones the earlier). No wave is left empty while another has more than one: a canary of 1% of
 * twenty devices is one device.
 *
 * @param percents each with up to two decimals; 100 together
 */
export function sharedOut(devices: number, percents: readonly number[]): number[] {
  // In hundredths of a percent, which are whole numbers.
  const exact = percents.map((percent) => Math.round(percent * 100) * devices);
  const sizes = exact.map((share) => Math.floor(share / 10_000));
  const remainder = (wave: number): number => (exact[wave] as number) % 10_000;
  const byRemainder = [...sizes.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
  let left = devices - sum(sizes);
  for (const wave of byRemainder) {
    if (left === 0) break;
    sizes[wave] = (sizes[wave] as number) + 1;
    left -= 1;
  }
  fillEmpty(sizes);
  return sizes;
}

function fillEmpty(sizes: number[]): void {
  for (let wave = 0; wave < sizes.length; wave += 1) {
    const greatest = Math.max(...sizes);
    if (sizes[wave] !== 0 || greatest < 2) continue;
    // The last of the greatest ones: early waves are small on purpose.
    const donor = sizes.lastIndexOf(greatest);
    sizes[donor] = greatest - 1;
    sizes[wave] = 1;
  }
}

/** Waves of fixed sizes, as far as the devices go; what is left is one more wave. */
export function countedOut(devices: number, counts: readonly number[]): number[] {
  let left = devices;
  const sizes = counts.map((count) => {
    const size = Math.min(count, left);
    left -= size;
    return size;
  });
  return left === 0 ? sizes : [...sizes, left];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
