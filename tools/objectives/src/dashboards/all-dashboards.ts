import type { Dashboard } from './dashboard.js';
import { alarms, rollouts } from './decisions.js';
import { capacity, overview } from './overview.js';
import { serviceDashboards } from './services.js';
import { ingest, kafka } from './topics.js';

export const dashboards: readonly Dashboard[] = [
  ...[overview, ingest, kafka, ...serviceDashboards],
  ...[alarms, rollouts, capacity],
];
