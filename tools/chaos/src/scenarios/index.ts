import type { Scenario } from '../scenario.js';
import { followerStopped, leaderKilled, quorumLost } from './brokers.js';
import { clockJump } from './clock-jump.js';
import { databaseAway, databaseSlow } from './database.js';
import { databaseConnections } from './database-connections.js';
import { databaseDiskFull } from './database-disk-full.js';
import { killScenario, victims } from './kill.js';
import { networkStall } from './network-stall.js';
import { poison } from './poison.js';
import { rollouts } from './rollouts.js';
import { watching } from './watching.js';

export const scenarios: readonly Scenario[] = [
  ...victims.map((victim) => killScenario(victim)),
  killScenario('all'),
  leaderKilled,
  followerStopped,
  quorumLost,
  databaseAway,
  databaseSlow,
  databaseConnections,
  databaseDiskFull,
  clockJump,
  networkStall,
  poison,
  ...watching,
  ...rollouts,
];
