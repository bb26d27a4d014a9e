import { hearNamedFirmware } from '../../assignments/hear-named-firmware.js';
import { recordReport } from '../../assignments/record-report.js';
import { DdiRefusal, refuse } from '../../ddi/ddi-refusal.js';
import { artifactsAnswer, deploymentAnswer } from '../../ddi/deployment-answer.js';
import type { Hrefs } from '../../ddi/hrefs.js';
import { changeAttributes, parseConfigData } from '../../ddi/parse-config-data.js';
import { parseInstalled } from '../../ddi/parse-installed.js';
import { parseFeedback } from '../../ddi/parse-feedback.js';
import type { DdiBody } from '../../ddi/lenient-json.js';
import type { RenderedAnswer } from '../../ddi/rendered-answer.js';
import { cancelAnswer, md5Answer } from '../../ddi/small-answers.js';
import type { Firmware } from '../../firmware.js';
import { findAssignmentOfAction } from '../../persistence/assignments.repository.js';
import { findDeviceUpdate, lockAttributes, saveAttributes } from '../../persistence/device-updates.repository.js';
import { writeToOutbox } from '@myelin/outbox';
import { updateState } from '../../publication/device-states.js';
import type { AdmittedDevice } from './admit-device.js';
import { type OfferedRelease, offeredRelease } from './offered-release.js';
import { shownOffer } from './poll.js';
import { notFound, refusalOf } from './report-refusal.js';
import { findTold, historyOf, modeOf } from './told-action.js';
import type { ToldDevice } from './update-table.js';

const noSuchRelease = refuse('not-found', 'there is no such release');

/** Everything that a device asks for or says, but the poll: each is one transaction. */
export class ServeDevicesHandler {
  constructor(private readonly firmware: Firmware) {}

  /** Merges what the device says of itself. @throws PersistenceError */
  async takeAttributes({ tenant, device }: AdmittedDevice, body: DdiBody): Promise<DdiRefusal | undefined> {
    const change = parseConfigData(body);
    if (change instanceof DdiRefusal) return change;
    const nowMs = this.firmware.clock.nowMs();
    return this.firmware.change(async (tx) => {
      const before = await lockAttributes(tx, { tenant, device });
      const attributes = changeAttributes(before, change);
      if (attributes instanceof DdiRefusal) return attributes;
      const update = await saveAttributes(tx, { tenant, device }, attributes);
      await writeToOutbox(tx, [updateState(update, nowMs)]);
      return undefined;
    });
  }

  /** What the device says that it runs; `created`: it was not known. @throws PersistenceError */
  async takeInstalled({ tenant, device }: AdmittedDevice, body: DdiBody): Promise<DdiRefusal | 'created' | undefined> {
    const said = parseInstalled(body);
    if (said instanceof DdiRefusal) return said;
    const { name, version } = said;
    const nowMs = this.firmware.clock.nowMs();
    const heard = await this.firmware.change((tx) => hearNamedFirmware(tx, { tenant, device, name, version }, nowMs));
    if (heard === 'unknown') return noSuchRelease;
    return heard === 'new' ? 'created' : undefined;
  }

  /** The instruction of an action, which counts as read from then on. @throws PersistenceError */
  async deployment(
    of: AdmittedDevice,
    asked: {
      readonly actionId: number;
      readonly historyLength: number;
      readonly told: ToldDevice;
      readonly userAgent: string | undefined;
    },
    hrefs: Hrefs,
  ): Promise<RenderedAnswer | DdiRefusal> {
    const { actionId, told, userAgent } = asked;
    const nowMs = this.firmware.clock.nowMs();
    return this.firmware.change(async (tx) => {
      const found = await findTold(tx, of, actionId);
      if (found === undefined || !found.isWorking) return notFound;
      const offer = shownOffer({ ...told, shown: 'deployment', ...modeOf(found) }, userAgent, nowMs);
      if (offer === undefined) return notFound;
      if (found.state === 'offered') {
        const report = { kind: 'retrieved' } as const;
        await recordReport(tx, { ...of, actionId, about: 'deployment', report }, nowMs);
      }
      const history = await historyOf(tx, found, asked.historyLength);
      return deploymentAnswer({ actionId, offer, chunks: [found.release.chunk], history }, hrefs);
    });
  }

  /** The last action that succeeded, as its instruction was. @throws PersistenceError */
  async installed(
    of: AdmittedDevice,
    { actionId, historyLength }: { readonly actionId: number; readonly historyLength: number },
    hrefs: Hrefs,
  ): Promise<RenderedAnswer | DdiRefusal> {
    return this.firmware.read(async (db) => {
      const found = await findTold(db, of, actionId);
      // What became of the action is one thing, what the device said later that it runs another one.
      const isInstalled = (await findDeviceUpdate(db, of))?.installedActionId === actionId;
      if (found?.state !== 'succeeded' && !isInstalled) return notFound;
      const release = found?.release ?? (await offeredRelease(db, { ...of, actionId }));
      if (release === undefined) return notFound;
      const history = found && (await historyOf(db, { ...found, state: 'succeeded' }, historyLength));
      const offer = { download: 'forced', update: 'forced' } as const;
      return deploymentAnswer({ actionId, offer, chunks: [release.chunk], history }, hrefs);
    });
  }

  /** @throws PersistenceError */
  async cancellation(of: AdmittedDevice, actionId: number): Promise<RenderedAnswer | DdiRefusal> {
    const found = await this.firmware.read((db) => findAssignmentOfAction(db, { ...of, actionId }));
    return found?.state === 'cancelling' ? cancelAnswer(actionId) : notFound;
  }

  /** What the device says of an action. @throws PersistenceError */
  async takeFeedback(
    { tenant, device }: AdmittedDevice,
    said: { readonly actionId: number; readonly about: 'deployment' | 'cancel'; readonly body: DdiBody },
  ): Promise<DdiRefusal | undefined> {
    const { actionId, about, body } = said;
    const feedback = parseFeedback(about, body);
    if (feedback instanceof DdiRefusal) return feedback;
    const { report, code, messages } = feedback;
    const words = { messages, ...(code === undefined ? {} : { code }) };
    const nowMs = this.firmware.clock.nowMs();
    const recorded = await this.firmware.change((tx) =>
      recordReport(tx, { tenant, device, actionId, about, report, words }, nowMs),
    );
    return refusalOf(recorded);
  }

  /** The files of an action. @throws PersistenceError */
  async artifacts(of: AdmittedDevice, actionId: number, hrefs: Hrefs): Promise<RenderedAnswer | DdiRefusal> {
    const release = await this.release(of, actionId);
    return release === undefined ? notFound : artifactsAnswer(release.chunk, hrefs);
  }

  /** @throws PersistenceError */
  async md5(of: AdmittedDevice, actionId: number, fileName: string): Promise<RenderedAnswer | DdiRefusal> {
    const release = await this.release(of, actionId);
    const artifact = release?.chunk.artifacts.find((each) => each.fileName === fileName);
    return artifact === undefined ? notFound : md5Answer(artifact);
  }

  release({ tenant, device }: AdmittedDevice, actionId: number): Promise<OfferedRelease | undefined> {
    return this.firmware.read((db) => offeredRelease(db, { tenant, device, actionId }));
  }
}
