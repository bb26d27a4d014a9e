/** What a device runs. */
export interface RunningFirmware {
  readonly version: string;
  /** Of its artifacts, in their order. */
  readonly sha256: readonly string[];
}

/** What a device did that no device should ever have been made to do. */
export interface Contradiction {
  readonly device: string;
  readonly kind: 'installed-twice';
  readonly actionId: string;
}

/** The simulator's own record of what each device runs: nothing in it comes from the service's word. */
export class FirmwareRecord {
  readonly #running = new Map<string, RunningFirmware>();
  readonly #installed = new Set<string>();
  readonly #touched = new Set<string>();
  readonly #silent = new Set<string>();
  readonly #contradictions: Contradiction[] = [];
  readonly counts = { updates: 0, failures: 0, cancels: 0, unconfirmed: 0, powerLosses: 0, resumedDownloads: 0 };

  /** From the factory, or after an update that succeeded. */
  runs(device: string, firmware: RunningFirmware): void {
    this.#running.set(device, firmware);
  }

  running(device: string): RunningFirmware | undefined {
    return this.#running.get(device);
  }

  /** It writes the firmware of an action. A second time is a contradiction. */
  installs(device: string, actionId: string): void {
    const name = `${device} ${actionId}`;
    if (this.#installed.has(name)) this.#contradictions.push({ device, kind: 'installed-twice', actionId });
    this.#installed.add(name);
  }

  /** It was given an instruction. */
  touches(device: string): void {
    this.#touched.add(device);
  }

  fallsSilent(device: string): void {
    this.#silent.add(device);
  }

  /** Devices that were ever given an instruction. */
  get touched(): ReadonlySet<string> {
    return this.#touched;
  }

  get silent(): ReadonlySet<string> {
    return this.#silent;
  }

  get contradictions(): readonly Contradiction[] {
    return this.#contradictions;
  }

  /**
   * Devices of which the service believes something else than what they run, to be asked when nothing is under way.
   * Silent ones are left out: nobody can know. `believed`: version by device, undefined where the service says that it does not know;
   * no belief about a device that has ever run anything counts as well.
   */
  disagreeing(believed: ReadonlyMap<string, string | undefined>): readonly string[] {
    const devices = new Set([...this.#running.keys(), ...believed.keys()]);
    return [...devices].filter((device) => {
      const isUnknown = believed.has(device) && believed.get(device) === undefined;
      return !isUnknown && !this.#silent.has(device) && this.#running.get(device)?.version !== believed.get(device);
    });
  }
}
