/** Names of the attributes of metrics; those that spans have too are the same, as the spec beside this file demands. */
export const metricAttributes = {
  requestMethod: 'http.request.method',
  route: 'http.route',
  statusCode: 'http.response.status_code',
  errorType: 'error.type',
  system: 'messaging.system',
  operationName: 'messaging.operation.name',
  destinationName: 'messaging.destination.name',
  consumerGroup: 'messaging.consumer.group.name',
  tenant: 'myelin.tenant',
  severity: 'myelin.severity',
  /** `user` or `system`. */
  cpuMode: 'cpu.mode',
  poolName: 'db.client.connection.pool.name',
  /** `idle` or `used`. */
  connectionState: 'db.client.connection.state',
  /** A service's schema. */
  schema: 'db.namespace',
  /** Of devices, rollouts, assignments, partitions. */
  state: 'myelin.state',
  /** What became of something. */
  outcome: 'myelin.outcome',
  /** Why, as a slug. */
  reason: 'myelin.reason',
  /** Of a receiver. */
  receiverKind: 'myelin.receiver.kind',
} as const;
