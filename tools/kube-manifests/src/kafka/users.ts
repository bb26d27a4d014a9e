import { type EventContract, services } from '@myelin/contracts';
import type { Manifest } from '../manifest.js';
import { grantsOf, lagGrants } from './grants.js';
import { kafkaUser } from './topics.js';

/** One KafkaUser per service. Who may do something that stands in none of them: nobody. */
export function kafkaUsers(events: readonly EventContract[]): Manifest[] {
  const grants = [...services.map((service) => [service, grantsOf(service, events)] as const), observer(events)];
  return grants.map(([name, ofUser]) =>
    kafkaUser(
      name,
      ofUser.map(({ type, name, operations }) => ({
        resource: { type, name, patternType: 'literal' },
        operations,
      })),
    ),
  );
}

/** Who scales by lag sees how far groups are, and no record. */
const observer = (events: readonly EventContract[]) => [lagObserver, lagGrants(events)] as const;
export const lagObserver = 'lag-observer';
