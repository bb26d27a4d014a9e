import type { EventContract } from '@myelin/contracts';

export type HandlerMode = 'batch' | 'each';

export interface HandlerRegistration {
  readonly group: string;
  readonly mode: HandlerMode;
  readonly contracts: readonly EventContract[];
  /** True when the handler keeps its positions itself. */
  readonly stored: boolean;
}

/** Asks a decorated method for its position store instead of handing it records. */
export class PositionsRequest {}

/** How a handler ended: Nest turns exceptions into answers for callers, a runner needs the error itself. */
export type HandlerOutcome = { readonly done: true } | { readonly done: false; readonly error: unknown };

export async function settle(work: () => Promise<void> | void): Promise<HandlerOutcome> {
  try {
    await work();
    return { done: true };
  } catch (error) {
    return { done: false, error };
  }
}
