import { metrics, observeCounts } from '@myelin/observability';
import type { Firmware } from '../../firmware.js';
import { countAssignmentsByState, countRolloutsByState } from '../../persistence/state-counts.repository.js';

const everyMs = 15_000;

/** How many rollouts there are, and devices in them, by state. @returns ends it */
export function countRollouts(firmware: Firmware): () => void {
  const stops = [
    observeCounts(metrics.rollouts, () => firmware.read(countRolloutsByState), everyMs),
    observeCounts(metrics.assignments, () => firmware.read(countAssignmentsByState), everyMs),
  ];
  return () => stops.forEach((stop) => stop());
}
