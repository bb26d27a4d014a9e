import type { Hrefs } from './hrefs.js';
import type { Offer } from './offer.js';
import { sleepText } from './polling-interval.js';
import { type RenderedAnswer, rendered } from './rendered-answer.js';

/** What the service wants of the device now; at most one thing. */
export type NextStep =
  | { readonly kind: 'deploy' | 'confirm'; readonly actionId: number; readonly offer: Offer }
  | { readonly kind: 'cancel'; readonly actionId: number };

export interface RootFacts {
  readonly intervalMs: number;
  readonly next?: NextStep | undefined;
  /** Its attributes are wanted: it is new, or has just been updated. */
  readonly wantsConfigData: boolean;
  /** The action that it finished last. */
  readonly installedActionId?: number | undefined;
}

/** Section 3.1 of the DDI notes. */
export function rootAnswer(facts: RootFacts, hrefs: Hrefs): RenderedAnswer {
  const { next, installedActionId } = facts;
  const links = {
    ...(next?.kind === 'deploy' && { deploymentBase: { href: hrefs.deploymentBase(next.actionId, next.offer) } }),
    ...(next?.kind === 'confirm' && { confirmationBase: { href: hrefs.confirmationBase(next.actionId, next.offer) } }),
    ...(next?.kind === 'cancel' && { cancelAction: { href: hrefs.cancelAction(next.actionId) } }),
    ...(installedActionId !== undefined && { installedBase: { href: hrefs.installedBase(installedActionId) } }),
    ...(facts.wantsConfigData && { configData: { href: hrefs.configData } }),
  };
  return rendered(rootShape(facts.intervalMs, links));
}

/**
 * Root answers for devices that have nothing to do: the same bytes for all that have the same interval, made once.
 * They leave `installedBase` out, which no client follows: with it every device would have an answer of its own.
 */
export class IdleRoots {
  /** By seconds; 86,400 at most. */
  readonly #answers: RenderedAnswer[] = [];

  answer(intervalMs: number): RenderedAnswer {
    const seconds = Math.floor(intervalMs / 1_000);
    return (this.#answers[seconds] ??= rendered(rootShape(intervalMs, {})));
  }
}

function rootShape(intervalMs: number, links: Readonly<Record<string, { readonly href: string }>>): object {
  const config = { polling: { sleep: sleepText(intervalMs) } };
  return Object.keys(links).length === 0 ? { config } : { config, _links: links };
}
