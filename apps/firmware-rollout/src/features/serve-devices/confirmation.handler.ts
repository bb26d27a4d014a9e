import { recordConfirmation } from '../../assignments/record-confirmation.js';
import { DdiRefusal, refuse } from '../../ddi/ddi-refusal.js';
import { deploymentAnswer } from '../../ddi/deployment-answer.js';
import type { Hrefs } from '../../ddi/hrefs.js';
import type { Offer } from '../../ddi/offer.js';
import { parseAutoConfirm, parseConfirmation } from '../../ddi/parse-confirmation.js';
import type { DdiBody } from '../../ddi/lenient-json.js';
import type { RenderedAnswer } from '../../ddi/rendered-answer.js';
import { confirmationBaseAnswer } from '../../ddi/small-answers.js';
import type { Firmware } from '../../firmware.js';
import { findConfirmation, lockConfirmation, saveAutoConfirm } from '../../persistence/confirmations.repository.js';
import type { AdmittedDevice } from './admit-device.js';
import { shownOffer } from './poll.js';
import { notFound, refusalOf } from './report-refusal.js';
import { type ToldAction, findTold, historyOf, modeOf } from './told-action.js';
import type { ToldDevice } from './update-table.js';

const alreadyActive = refuse('already-active', 'the device agrees to everything already');

/** Of the client that asks. */
export interface AskingClient {
  readonly told: ToldDevice;
  readonly userAgent: string | undefined;
}

/** What a device, or whoever stands before it, has to agree to before it updates. Section 3.8 of the DDI notes. */
export class ConfirmationHandler {
  constructor(private readonly firmware: Firmware) {}

  /** Whether it always agrees, and what waits for it. @throws PersistenceError */
  async base(of: AdmittedDevice, client: AskingClient, hrefs: Hrefs): Promise<RenderedAnswer> {
    return this.firmware.read(async (db) => {
      const { autoConfirm, unconfirmedActionId: actionId } = await findConfirmation(db, of);
      const found = actionId === undefined ? undefined : await findTold(db, of, actionId);
      const offer = found && this.offerOf(found, client);
      const waiting = actionId === undefined || offer === undefined ? undefined : { actionId, offer };
      return confirmationBaseAnswer({ ...(autoConfirm === undefined ? {} : { autoConfirm }), waiting }, hrefs);
    });
  }

  /** What waits for the device to agree; nothing else does. @throws PersistenceError */
  async details(
    of: AdmittedDevice,
    asked: AskingClient & { readonly actionId: number; readonly historyLength: number },
    hrefs: Hrefs,
  ): Promise<RenderedAnswer | DdiRefusal> {
    const { actionId, historyLength } = asked;
    return this.firmware.read(async (db) => {
      const found = await findTold(db, of, actionId);
      const offer = found?.state === 'unconfirmed' ? this.offerOf(found, asked) : undefined;
      if (found === undefined || offer === undefined) return notFound;
      const history = await historyOf(db, found, historyLength);
      return deploymentAnswer({ actionId, offer, chunks: [found.release.chunk], history }, hrefs, 'confirmation');
    });
  }

  /** @throws PersistenceError */
  async takeFeedback(
    { tenant, device }: AdmittedDevice,
    { actionId, body }: { readonly actionId: number; readonly body: DdiBody },
  ): Promise<DdiRefusal | undefined> {
    const said = parseConfirmation(body);
    if (said instanceof DdiRefusal) return said;
    const { isConfirmed, code, messages } = said;
    const words = { messages, ...(code === undefined ? {} : { code }) };
    const nowMs = this.firmware.clock.nowMs();
    return refusalOf(
      await this.firmware.change((tx) =>
        recordConfirmation(tx, { tenant, device, actionId, isConfirmed, words }, nowMs),
      ),
    );
  }

  /** From now on the device agrees, to what waits as well. @throws PersistenceError */
  async activate({ tenant, device }: AdmittedDevice, body: DdiBody): Promise<DdiRefusal | undefined> {
    const wish = parseAutoConfirm(body);
    if (wish instanceof DdiRefusal) return wish;
    const { kind: _kind, ...said } = wish;
    const activatedAtMs = this.firmware.clock.nowMs();
    return this.firmware.change(async (tx) => {
      const { autoConfirm, unconfirmedActionId: actionId } = await lockConfirmation(tx, { tenant, device });
      if (autoConfirm !== undefined) return alreadyActive;
      await saveAutoConfirm(tx, { tenant, device }, { ...said, activatedAtMs });
      if (actionId === undefined) return undefined;
      const words = { messages: [`Confirmed for everything${said.initiator ? ` by ${said.initiator}` : ''}.`] };
      await recordConfirmation(tx, { tenant, device, actionId, isConfirmed: true, words }, activatedAtMs);
      return undefined;
    });
  }

  /** From now on the device is asked each time. @throws PersistenceError */
  async deactivate({ tenant, device }: AdmittedDevice): Promise<undefined> {
    await this.firmware.change(async (tx) => {
      await lockConfirmation(tx, { tenant, device });
      await saveAutoConfirm(tx, { tenant, device }, undefined);
    });
  }

  private offerOf(found: ToldAction, { told, userAgent }: AskingClient): Offer | undefined {
    return shownOffer({ ...told, ...modeOf(found) }, userAgent, this.firmware.clock.nowMs());
  }
}
