import type { Hrefs } from '../../ddi/hrefs.js';
import { type Offer, offerTo } from '../../ddi/offer.js';
import { type PollingPolicy, pollingIntervalMs } from '../../ddi/polling-interval.js';
import type { RenderedAnswer } from '../../ddi/rendered-answer.js';
import { IdleRoots, type NextStep, rootAnswer } from '../../ddi/root-answer.js';
import type { ToldDevice } from './update-table.js';

/** Answers to devices that ask whether there is something to do. Nothing is read for them. */
export class Polls {
  private readonly idle = new IdleRoots();

  constructor(private readonly policy: PollingPolicy) {}

  /** How often a device asks that has nothing to do. @param key `<tenant>/<device>` */
  idleIntervalMs(key: string): number {
    return pollingIntervalMs(this.policy, key, false);
  }

  answer(
    told: ToldDevice,
    of: { readonly key: string; readonly userAgent: string | undefined; readonly nowMs: number },
    hrefs: () => Hrefs,
  ): RenderedAnswer {
    const next = nextStep(told, of.userAgent, of.nowMs);
    const intervalMs = this.intervalMs(told, next, of);
    if (next === undefined && !told.wantsAttributes) return this.idle.answer(intervalMs);
    const { wantsAttributes: wantsConfigData, installed: installedActionId } = told;
    return rootAnswer({ intervalMs, next, wantsConfigData, installedActionId }, hrefs());
  }

  /** Whoever waits for a window asks again when it opens, so that none is missed that is shorter than the interval. */
  private intervalMs(
    { shown, windows }: ToldDevice,
    next: NextStep | undefined,
    { key, nowMs }: { readonly key: string; readonly nowMs: number },
  ): number {
    if (!isWaitingForWindow(next)) return pollingIntervalMs(this.policy, key, next?.kind !== 'confirm');
    const idleMs = pollingIntervalMs(this.policy, key, false);
    if (shown !== 'deployment' || windows === undefined || windows.isOpenAt(nowMs)) return idleMs;
    return Math.min(idleMs, windows.opensInMs(nowMs) + pollingIntervalMs(this.policy, key, true));
  }
}

function isWaitingForWindow(next: NextStep | undefined): boolean {
  return next === undefined || (next.kind === 'deploy' && next.offer.maintenanceWindow === 'unavailable');
}

function nextStep(told: ToldDevice, userAgent: string | undefined, nowMs: number): NextStep | undefined {
  const { shown, action: actionId, unconfirmed } = told;
  if (unconfirmed !== undefined) {
    const asked = shownOffer(told, userAgent, nowMs);
    return asked === undefined ? undefined : { kind: 'confirm', actionId: unconfirmed, offer: asked };
  }
  if (actionId === undefined || shown === 'nothing') return undefined;
  if (shown === 'cancel') return { kind: 'cancel', actionId };
  const offer = shownOffer(told, userAgent, nowMs);
  return offer === undefined ? undefined : { kind: 'deploy', actionId, offer };
}

/** How a deployment is shown to this client; undefined: it is not. */
export function shownOffer(
  { isForced, isDownloadOnly: downloadOnly, forcedFromMs, windows, begun }: ToldDevice,
  userAgent: string | undefined,
  nowMs: number,
): Offer | undefined {
  const forced = isForced || (forcedFromMs !== undefined && nowMs >= forcedFromMs);
  const windowOpen = windows?.isOpenAt(nowMs);
  return offerTo(userAgent, { forced, downloadOnly, begun, ...(windowOpen === undefined ? {} : { windowOpen }) });
}
