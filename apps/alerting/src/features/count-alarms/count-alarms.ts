import { metrics, observeCounts } from '@myelin/observability';
import type { Alerting } from '../../alerting.js';
import { countActiveBySeverity } from '../../persistence/alarm-counts.repository.js';

const everyMs = 15_000;

/** How many alarms are active, by severity. @returns ends it */
export function countAlarms(alerting: Alerting): () => void {
  return observeCounts(metrics.alarmsActive, () => alerting.read(countActiveBySeverity), everyMs);
}
