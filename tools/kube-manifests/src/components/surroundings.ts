import type { ServiceName } from '@myelin/contracts';

/** Namespaces of others that ours have to do with. */
export const namespaces = { gateway: 'gateway', observability: 'observability' } as const;

export const brokers = 'myelin-kafka-bootstrap:9093';
export const prometheusUrl = `http://prometheus-operated.${namespaces.observability}.svc:9090`;

/** A cluster of CloudNativePG per service: what one does to its database, no other feels. */
export const postgresCluster = (service: ServiceName): string => `${service}-postgres`;

/** Under which a service is reached; an overlay puts its own domain in the place of this one. */
export const hostOf = (service: ServiceName): string => `${service}.myelin.example`;
