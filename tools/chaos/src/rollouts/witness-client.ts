import { type DdiAccount, DdiClient, type Random } from '@myelin/fleet-simulator';
import type { Instructions, LastWord } from './instructions.js';

type Root = Awaited<ReturnType<DdiClient['root']>>;
type Deployment = Awaited<ReturnType<DdiClient['deployment']>>;
type FeedbackArguments = Parameters<DdiClient['feedback']>;
type Told = Awaited<ReturnType<DdiClient['feedback']>>;

export interface WitnessSettings {
  /** Of every process that serves devices; each request goes to any of them. */
  readonly urls: readonly string[];
  readonly connections: number;
  readonly random: Random;
  /** Shares of reports that arrive twice, and whose answer is lost on its way to the device. */
  readonly repeated: number;
  readonly lost: number;
}

/** Stands at the devices' end of the wire, between them and several processes, and writes down what goes over it. */
export class WitnessClient extends DdiClient {
  readonly #others: readonly DdiClient[];

  constructor(
    private readonly witness: WitnessSettings,
    private readonly instructions: Instructions,
  ) {
    const { urls, connections } = witness;
    const [first = '', ...others] = urls;
    super({ url: first, connections });
    this.#others = others.map((url) => new DdiClient({ url, connections }));
  }

  override async root(account: DdiAccount): Promise<Root> {
    const client = this.#any();
    const root = await (client === undefined ? super.root(account) : client.root(account));
    if (root?.deploymentBase !== undefined && root.cancelAction !== undefined)
      this.instructions.showsBoth(account.device);
    return root;
  }

  override async deployment(account: DdiAccount, href: string): Promise<Deployment> {
    const askedMs = Date.now();
    const deployment = await super.deployment(account, href);
    if (deployment !== undefined)
      this.instructions.shows(account.device, Number(deployment.actionId), deployment.version, askedMs);
    return deployment;
  }

  override async feedback(...said: FeedbackArguments): Promise<Told> {
    const { random, repeated, lost } = this.witness;
    const isRepeated = random.chance(repeated);
    const isLost = random.chance(lost);
    const answered = await this.#say(...said);
    if (isRepeated) {
      this.instructions.repeatedReports += 1;
      await this.#say(...said);
    }
    if (isLost) this.instructions.lostAnswers += 1;
    const told = isLost ? 'unanswered' : answered;
    const word = lastWordOf(said);
    if (word !== undefined)
      this.instructions.says(Number(said[2]), { word, told: told === 'unanswered' ? 'lost' : told });
    return told;
  }

  override configData(account: DdiAccount, data: Readonly<Record<string, string>>): Promise<Told> {
    const client = this.#any();
    return client === undefined ? super.configData(account, data) : client.configData(account, data);
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), ...this.#others.map((client) => client.close())]);
  }

  #say(...said: FeedbackArguments): Promise<Told> {
    const client = this.#any();
    return client === undefined ? super.feedback(...said) : client.feedback(...said);
  }

  /** Undefined: this one itself. */
  #any(): DdiClient | undefined {
    const nth = Math.floor(this.witness.random.between(0, this.#others.length + 1));
    return this.#others[nth - 1];
  }
}

function lastWordOf([, on, , { execution, finished }]: FeedbackArguments): LastWord['word'] | undefined {
  if (on === 'cancelAction') return execution === 'closed' ? 'stopped' : 'refused-to-stop';
  if (execution !== 'closed') return undefined;
  return finished === 'success' ? 'succeeded' : 'failed';
}
