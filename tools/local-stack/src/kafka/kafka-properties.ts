export interface NodeAddress {
  readonly id: number;
  readonly brokerPort: number;
  readonly controllerPort: number;
}

/** The server properties of one node: broker and controller in one process (KRaft, static quorum). */
export function kafkaProperties(
  self: NodeAddress,
  all: readonly NodeAddress[],
  dataDirectory: string,
  overrides: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const replicas = String(all.length);
  const minInSync = all.length > 1 ? '2' : '1';
  const broker = `PLAINTEXT://127.0.0.1:${self.brokerPort}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': String(self.id),
    'controller.quorum.voters': all.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `${broker},CONTROLLER://127.0.0.1:${self.controllerPort}`,
    'advertised.listeners': broker,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataDirectory,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': minInSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': '5',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': minInSync,
    'group.initial.rebalance.delay.ms': '0',
    // Fault tests want members and brokers to be missed soon.
    'group.min.session.timeout.ms': '1000',
    'broker.session.timeout.ms': '6000',
    // A laptop's share of memory and threads.
    'log.cleaner.dedupe.buffer.size': '16777216',
    'num.network.threads': '2',
    'num.io.threads': '4',
    ...overrides,
  };
}

/** As java.util.Properties reads it. */
export function formatProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('');
}
