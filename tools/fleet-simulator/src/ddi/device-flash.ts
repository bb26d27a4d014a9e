import type { DdiDeployment } from './ddi-answers.js';
import type { RunningFirmware } from './firmware-record.js';
import { PartialDownload } from './partial-download.js';

/** An update that is decided on the device and that the service has yet to hear of. */
export interface DecidedUpdate {
  readonly actionId: string;
  readonly finished: 'success' | 'failure';
  readonly details: string;
}

/** A firmware in the other slot, tried with the next start. */
export interface WrittenFirmware extends RunningFirmware {
  readonly actionId: string;
  /** Whether it starts. */
  readonly starts: boolean;
}

/** What a device still knows when its power comes back. Everything else about an update is forgotten. */
export class DeviceFlash {
  running: RunningFirmware;
  written: WrittenFirmware | undefined;
  /** Closing reports are repeated until one is answered. */
  decided: DecidedUpdate | undefined;
  /** The last action that is over. */
  closed: DecidedUpdate | undefined;
  #downloads: { readonly actionId: string; readonly parts: readonly PartialDownload[] } | undefined;

  constructor(factory: RunningFirmware) {
    this.running = factory;
  }

  /** What there is of the artifacts of an action; those of another one give way. */
  downloadsOf({ actionId, artifacts }: DdiDeployment): readonly PartialDownload[] {
    if (this.#downloads?.actionId !== actionId) {
      this.#downloads = { actionId, parts: artifacts.map((artifact) => new PartialDownload(artifact)) };
    }
    return this.#downloads.parts;
  }

  dropDownloads(): void {
    this.#downloads = undefined;
  }
}
