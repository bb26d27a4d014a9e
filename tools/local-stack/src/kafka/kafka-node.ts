import { LocalStackError } from '../local-stack.errors.js';
import { awaitReady } from '../network/await-ready.js';
import type { ManagedProcess } from '../processes/managed-process.js';
import type { SupervisedRun } from '../processes/supervised-run.js';
import { pingKafka } from './metadata-ping.js';

export interface KafkaNode {
  /** 1, 2, 3: the Kafka node id. */
  readonly id: number;
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly port: number;
  /** Of the running process; undefined while it is not running. */
  readonly pid: number | undefined;
  readonly logFile: string;
  /** The last lines of its log. */
  logTail(): string;
  /** Sends the signal. With SIGKILL (the default) and SIGTERM resolves when the process has ended, with others at once. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** An orderly stop. Data, address and id stay for {@link start}. */
  stop(): Promise<void>;
  /** Starts it again where it was; resolves when it serves in its cluster. @throws LocalStackError local-stack.start-failed */
  start(): Promise<void>;
}

/** Of the classes that a node loads: one that is there, or one to make when the node ends. */
export interface ClassArchive {
  readonly file: string;
  readonly isToBeMade: boolean;
}

export interface NodeFiles {
  readonly id: number;
  readonly port: number;
  readonly java: string;
  readonly classPath: string;
  readonly heapMb: number;
  readonly heapFixed: boolean;
  readonly classArchive: ClassArchive | undefined;
  readonly directory: string;
  readonly dataDirectory: string;
  readonly propertiesFile: string;
  readonly logFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Kept data wants an orderly end. */
  readonly leftoverSignal: 'TERM' | 'KILL';
}

/** A broker that was killed is let in again when its old session is over, and a JVM on a busy machine is slow. */
const startTimeoutMs = 180_000;
const stopGraceMs = 20_000;

export class KafkaNodeProcess implements KafkaNode {
  readonly id: number;
  readonly port: number;
  readonly address: string;
  readonly logFile: string;
  private process: ManagedProcess | undefined;

  constructor(
    private readonly run: SupervisedRun,
    private readonly files: NodeFiles,
  ) {
    this.id = files.id;
    this.port = files.port;
    this.address = `127.0.0.1:${files.port}`;
    this.logFile = files.logFile;
  }

  get pid(): number | undefined {
    return this.process?.alive ? this.process.pid : undefined;
  }

  async launch(): Promise<void> {
    if (this.process?.alive) return;
    const { java, classPath, propertiesFile, directory, env, logFile, leftoverSignal } = this.files;
    const jvm = [...heapOf(this.files), ...archiveOf(this.files), '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    this.process = await this.run.spawn({
      name: `Kafka node ${this.id}`,
      command: java,
      args: [...jvm, '-cp', classPath, 'kafka.Kafka', propertiesFile],
      ...{ cwd: directory, env, logFile, leftoverSignal },
    });
  }

  /** @param isServing decides from this node's view of the cluster */
  async ready(isServing: (brokerIds: readonly number[]) => boolean): Promise<void> {
    if (this.process === undefined) throw notStarted(this.id);
    const check = async (): Promise<boolean> => {
      const view = await pingKafka(this.port);
      return view !== undefined && view.controllerId !== -1 && isServing(view.brokerIds);
    };
    await awaitReady(this.process, check, startTimeoutMs);
  }

  async start(): Promise<void> {
    await this.launch();
    await this.ready((brokerIds) => brokerIds.includes(this.id));
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (signal === 'SIGKILL') await this.process?.end('SIGKILL', 10_000);
    else if (signal === 'SIGTERM') await this.stop();
    else this.process?.signal(signal);
  }

  async stop(): Promise<void> {
    await this.process?.end('SIGTERM', stopGraceMs);
  }

  logTail(): string {
    return this.process?.logTail() ?? '';
  }
}

function heapOf({ heapMb, heapFixed }: NodeFiles): string[] {
  const most = `-Xmx${heapMb}m`;
  return heapFixed ? [`-Xms${heapMb}m`, most, '-XX:+AlwaysPreTouch'] : ['-Xms256m', most];
}

export function archiveOf({ classArchive }: Pick<NodeFiles, 'classArchive'>): string[] {
  if (classArchive === undefined) return [];
  const { file, isToBeMade } = classArchive;
  // An archive of another Java or of other jars is left aside, without a word in the log.
  return isToBeMade
    ? [`-XX:ArchiveClassesAtExit=${file}`]
    : [`-XX:SharedArchiveFile=${file}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'];
}

function notStarted(id: number): LocalStackError {
  return LocalStackError.permanent('local-stack.start-failed', `Kafka node ${id} is not started`);
}
