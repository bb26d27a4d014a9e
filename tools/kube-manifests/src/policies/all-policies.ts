import { imagesArePinned, noSecretValues, podsAreRestricted } from './containment.js';
import { autoscalersOwnReplicas, graceFitsTheStop, resourcesAreStated } from './endurance.js';
import { environmentIsKnown, secretFilesAreMounted } from './environment.js';
import { topicsAreContracts } from './kafka.js';
import type { Policy } from './policy.js';
import { portsAreReal, probesAskHealth, routesLeadToServices, servicesLeadToPorts } from './ports.js';
import { disruptionBudgets, selectorsMatch } from './selectors.js';
import { databasesCanBeRestored, kafkaIsGuarded } from './stores.js';

export const policies = {
  selectorsMatch,
  disruptionBudgets,
  portsAreReal,
  servicesLeadToPorts,
  routesLeadToServices,
  probesAskHealth,
  environmentIsKnown,
  secretFilesAreMounted,
  imagesArePinned,
  podsAreRestricted,
  noSecretValues,
  resourcesAreStated,
  graceFitsTheStop,
  autoscalersOwnReplicas,
  topicsAreContracts,
  kafkaIsGuarded,
  databasesCanBeRestored,
} as const satisfies Readonly<Record<string, Policy>>;
