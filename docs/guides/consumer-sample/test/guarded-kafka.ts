import { readFileSync } from 'node:fs';
import { type Kafka as Brokers, freePorts, startKafka } from '@myelin/local-stack';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, ResourcePatternTypes } from 'kafkajs';

export const guidePage = new URL('../../consume-a-topic.md', import.meta.url);

export interface GuardedKafka {
  /** Everything is allowed here, without a password. */
  readonly openBroker: string;
  /** Here clients say who they are, and may do what they were granted. */
  readonly guardedBroker: string;
  stop(): Promise<void>;
}

/** A broker with an authorizer that refuses what nobody granted, and the users given with their passwords. */
export async function startGuardedKafka(users: Readonly<Record<string, string>>): Promise<GuardedKafka> {
  const [open, guarded, controller] = (await freePorts(3)) as [number, number, number];
  const listeners = `PLAINTEXT://127.0.0.1:${open},GUARDED://127.0.0.1:${guarded}`;
  const passwords = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  const kafka: Brokers = await startKafka({
    ports: [open],
    properties: {
      listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': listeners,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,GUARDED:SASL_PLAINTEXT',
      'listener.name.guarded.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.guarded.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${passwords.join(' ')};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  });
  return { openBroker: `127.0.0.1:${open}`, guardedBroker: `127.0.0.1:${guarded}`, stop: () => kafka.stop() };
}

/** Grants exactly what the guide's `kafka-acls` lines grant. */
export async function grantAsTheGuideSays(broker: string): Promise<number> {
  const lines = readFileSync(guidePage, 'utf8').split('\n');
  const grants = lines.filter((line) => line.startsWith('kafka-acls ')).flatMap(aclsOf);
  const admin = new Kafka({ clientId: 'grants', brokers: [broker] }).admin();
  await admin.connect();
  await admin.createAcls({ acl: grants });
  await admin.disconnect();
  return grants.length;
}

const operations = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Describe: AclOperationTypes.DESCRIBE,
} as const;

function aclsOf(line: string): Parameters<ReturnType<Kafka['admin']>['createAcls']>[0]['acl'] {
  const option = (name: string): string | undefined => new RegExp(`--${name} (\\S+)`).exec(line)?.[1];
  const isGroup = option('group') !== undefined;
  return (option('operation') ?? '').split(',').map((operation) => ({
    resourceType: isGroup ? AclResourceTypes.GROUP : AclResourceTypes.TOPIC,
    resourceName: option('group') ?? option('topic') ?? '',
    resourcePatternType:
      option('resource-pattern-type') === 'prefixed' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: option('allow-principal') ?? '',
    host: '*',
    operation: operations[operation as keyof typeof operations],
    permissionType: AclPermissionTypes.ALLOW,
  }));
}
