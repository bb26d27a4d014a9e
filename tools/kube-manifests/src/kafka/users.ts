import { type EventContract, services } from '@myelin/contracts';
import type { Manifest } from '../manifest.js';
import { grantsOf } from './grants.js';
import { kafkaUser } from './topics.js';

/** One KafkaUser per service. Who may do something that stands in none of them: nobody. */
export function kafkaUsers(events: readonly EventContract[]): Manifest[] {
  return services.map((service) =>
    kafkaUser(
      service,
      grantsOf(service, events).map(({ type, name, operations }) => ({
        resource: { type, name, patternType: 'literal' },
        operations,
      })),
    ),
  );
}
