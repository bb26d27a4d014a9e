import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureClassArchive } from '../cache/class-archive.js';
import { type Java, findJava } from '../cache/java.js';
import { ensureKafkaJars } from '../cache/kafka-jars.js';
import { type Progress, silentProgress } from '../cache/progress.js';
import { serverEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';
import { freePorts, requireFreePort } from '../network/ports.js';
import { SupervisedRun } from '../processes/supervised-run.js';
import { clusterIdOf, formatStorage } from './format-storage.js';
import { type NodeAddress, formatProperties, kafkaProperties } from './kafka-properties.js';
import { type ClassArchive, type KafkaNode, KafkaNodeProcess, type NodeFiles } from './kafka-node.js';

export type { KafkaNode } from './kafka-node.js';

export interface StartKafkaOptions {
  /** Default 1. */
  readonly nodes?: 1 | 3;
  /** Kept between starts; default: a throw-away directory. The number of nodes must stay the same. */
  readonly dataDir?: string;
  /** Broker port of each node; default: free ones. */
  readonly ports?: readonly number[];
  /** Broker settings on top of ours, e.g. `{ 'message.max.bytes': '2097152' }`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Default 512, per node. */
  readonly heapMb?: number;
  /** Takes all of the heap at the start, so that a process that grows does not hide behind it. Default false. */
  readonly heapFixed?: boolean;
  readonly log?: Progress;
}

export interface Kafka {
  /** `host:port` of every node. */
  readonly brokers: string[];
  readonly nodes: readonly KafkaNode[];
  /** Stops all nodes; deletes throw-away data. */
  stop(): Promise<void>;
}

/**
 * Starts a real Kafka on 127.0.0.1 and waits until every node serves. Ends with this process, however that ends.
 * @throws LocalStackError java-missing, java-too-old, maven-missing, download-failed, port-taken, start-failed
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<Kafka> {
  const { log = silentProgress } = options;
  const installation = await install(log);
  const chosenByUs = options.ports === undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options, installation);
    } catch (error) {
      // Between choosing a free port and listening on it somebody else may have been quicker.
      const again =
        chosenByUs && attempt < 3 && error instanceof LocalStackError && /in use|BindException/.test(error.message);
      if (!again) throw error;
    }
  }
}

/** What nodes are started from. */
interface Installation {
  readonly java: Java;
  readonly jars: string;
  readonly classArchive: ClassArchive | undefined;
}

async function install(log: Progress): Promise<Installation> {
  const java = findJava();
  const jars = await ensureKafkaJars(log);
  const file = await ensureClassArchive(jars, java, log, async (made) => {
    const kafka = await startOnce({}, { java, jars, classArchive: { file: made, isToBeMade: true } });
    await Promise.all(kafka.nodes.map((node) => node.stop()));
    await kafka.stop();
  });
  return { java, jars, classArchive: file === undefined ? undefined : { file, isToBeMade: false } };
}

async function startOnce(options: StartKafkaOptions, installation: Installation): Promise<Kafka> {
  if (options.dataDir !== undefined) requireSameNumberOfNodes(resolve(options.dataDir), options.nodes ?? 1);
  const addresses = await chooseAddresses(options);
  const run = await SupervisedRun.open();
  const directory = options.dataDir === undefined ? run.temporaryDirectory('kafka') : resolve(options.dataDir);
  const nodes: KafkaNodeProcess[] = [];
  const stop = async (graceful: boolean): Promise<void> => {
    await Promise.all(nodes.map((node) => (graceful ? node.stop() : node.kill('SIGKILL'))));
    await run.close();
  };
  try {
    const all = addresses.map((address) => prepareNode(options, installation, directory, address, addresses));
    const cluster = clusterIdOf(all[0]?.dataDirectory ?? directory);
    if (cluster.isNew) await Promise.all(all.map((files) => formatStorage(run, files, cluster.id)));
    nodes.push(...all.map((files) => new KafkaNodeProcess(run, files)));
    await Promise.all(nodes.map((node) => node.launch()));
    await Promise.all(nodes.map((node) => node.ready((brokerIds) => brokerIds.length === nodes.length)));
  } catch (error) {
    await stop(false);
    throw error;
  }
  const brokers = nodes.map(({ address }) => address);
  // Throw-away data needs no orderly end.
  return { brokers, nodes, stop: () => stop(options.dataDir !== undefined) };
}

/** A cluster's voters are fixed when its data is made. */
function requireSameNumberOfNodes(directory: string, wanted: number): void {
  const made = existsSync(directory) ? readdirSync(directory).filter((name) => name.startsWith('node-')).length : 0;
  if (made === 0 || made === wanted) return;
  const message = `the data in ${directory} was made with ${made} nodes and cannot be used with ${wanted}`;
  throw LocalStackError.permanent('local-stack.start-failed', message);
}

async function chooseAddresses({ nodes = 1, ports }: StartKafkaOptions): Promise<NodeAddress[]> {
  if (ports !== undefined && ports.length !== nodes) {
    throw LocalStackError.permanent(
      'local-stack.start-failed',
      `${nodes} nodes need ${nodes} ports, not ${ports.length}`,
    );
  }
  for (const port of ports ?? []) await requireFreePort(port, 'Kafka');
  const free = await freePorts(nodes * 2);
  return Array.from({ length: nodes }, (_, index) => ({
    id: index + 1,
    brokerPort: ports?.[index] ?? (free[index] as number),
    controllerPort: free[nodes + index] as number,
  }));
}

function prepareNode(
  options: StartKafkaOptions,
  { java, jars, classArchive }: Installation,
  root: string,
  address: NodeAddress,
  all: readonly NodeAddress[],
): NodeFiles {
  const directory = join(root, `node-${address.id}`);
  const dataDirectory = join(directory, 'data');
  const propertiesFile = join(directory, 'server.properties');
  mkdirSync(dataDirectory, { recursive: true });
  writeFileSync(propertiesFile, formatProperties(kafkaProperties(address, all, dataDirectory, options.properties)));
  return {
    ...{ id: address.id, port: address.brokerPort, java: java.command, directory, dataDirectory, propertiesFile },
    classPath: join(jars, '*'),
    classArchive,
    heapMb: options.heapMb ?? 512,
    heapFixed: options.heapFixed ?? false,
    logFile: join(directory, 'kafka.log'),
    env: serverEnvironment(),
    leftoverSignal: options.dataDir === undefined ? 'KILL' : 'TERM',
  };
}
