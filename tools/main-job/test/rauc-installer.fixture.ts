import { readFile } from 'node:fs/promises';
import { Message, type MessageBus, Variant, sessionBus } from '@jellybrick/dbus-next';

/** What RAUC was told to install. */
export interface InstallCall {
  /** A path, or an address that it loads itself. */
  readonly source: string;
  readonly content: Buffer;
}

const properties = 'org.freedesktop.DBus.Properties';
const own = 'de.pengutronix.rauc.Installer';
const finished = { succeeded: 0, failed: 1 } as const;

/**
 * RAUC as its clients see it on the bus, as far as they look: it takes a bundle, says how far it is, and that it has
 * ended. It writes no slot, and believes every bundle.
 * @see https://rauc.readthedocs.io/en/latest/reference.html (D-Bus API)
 */
export class RaucInstaller {
  readonly calls: InstallCall[] = [];
  readonly #state: Record<string, Variant> = {
    Operation: new Variant('s', 'idle'),
    LastError: new Variant('s', ''),
    Progress: progress(0, ''),
    Compatible: new Variant('s', 'board'),
    BootSlot: new Variant('s', 'A'),
  };
  #failure = '';
  #held: Promise<void> | undefined;
  #letGo = (): void => undefined;

  private constructor(private readonly bus: MessageBus) {
    bus.addMethodHandler((message) => this.#answer(message));
  }

  /** @param busAddress where clients look for the system's bus */
  static async serve(busAddress: string): Promise<RaucInstaller> {
    const bus = sessionBus({ busAddress, authMethods: ['EXTERNAL'] });
    const installer = new RaucInstaller(bus);
    await bus.requestName('de.pengutronix.rauc');
    return installer;
  }

  /** From now on installations fail with this. */
  fail(reason: string): void {
    this.#failure = reason;
  }

  /** From now on installations wait in the middle, until the function is called that is returned. */
  hold(): () => void {
    this.#held = new Promise((resolve) => (this.#letGo = resolve));
    return () => {
      this.#held = undefined;
      this.#letGo();
    };
  }

  close(): void {
    this.#letGo();
    this.bus.disconnect();
  }

  /** @returns whether it was for RAUC */
  #answer(message: Message): boolean {
    if (message.interface === properties && message.member === 'GetAll') {
      this.bus.send(Message.newMethodReturn(message, 'a{sv}', [this.#state]));
      return true;
    }
    if (message.interface !== own || message.member !== 'InstallBundle') return false;
    void this.#install(message);
    return true;
  }

  async #install(call: Message): Promise<void> {
    const [source, options] = call.body as [string, Readonly<Record<string, Variant>>];
    this.calls.push({ source, content: await contentOf(source, options) });
    this.bus.send(Message.newMethodReturn(call, '', []));
    this.#change('Operation', new Variant('s', 'installing'));
    this.#change('Progress', progress(40, 'Checking bundle done.'));
    await this.#held;
    if (this.#failure === '') this.#change('Progress', progress(100, 'Installing done.'));
    else this.#change('LastError', new Variant('s', this.#failure));
    this.#change('Operation', new Variant('s', 'idle'));
    this.#signal(own, 'Completed', 'i', [this.#failure === '' ? finished.succeeded : finished.failed]);
  }

  /** One at a time: of several in one signal the update client reports one. */
  #change(name: string, value: Variant): void {
    this.#state[name] = value;
    this.#signal(properties, 'PropertiesChanged', 'sa{sv}as', [own, { [name]: value }, []]);
  }

  #signal(of: string, member: string, signature: string, body: unknown[]): void {
    this.bus.send(Message.newSignal('/', of, member, signature, body));
  }
}

function progress(percentage: number, message: string): Variant {
  return new Variant('(isi)', [percentage, message, 1]);
}

async function contentOf(source: string, options: Readonly<Record<string, Variant>>): Promise<Buffer> {
  if (!source.startsWith('http')) return readFile(source);
  const lines = (options['http-headers']?.value ?? []) as readonly string[];
  const headers = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(': ');
    return [name, value.join(': ')];
  });
  return Buffer.from(await (await fetch(source, { headers })).arrayBuffer());
}
