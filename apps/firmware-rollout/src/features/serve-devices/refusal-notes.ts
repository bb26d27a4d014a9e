import { type Logger, RareNotes } from '@myelin/observability';
import type { DdiRefusal } from '../../ddi/ddi-refusal.js';
import type { DdiRoute } from '../../ddi/ddi-route.js';

/** Tells the log of devices that are not let in: of each reason one in ten seconds, with how many went untold. */
export class RefusalNotes {
  private readonly notes = new RareNotes();

  constructor(private readonly logger: Logger) {}

  /** @param route what the request names: who it is of is known only of those who were let in before they were refused */
  note({ status, reason }: DdiRefusal, { pathTenant: tenant, controllerId: device }: DdiRoute): void {
    const due = this.notes.due(reason);
    if (due === undefined) return;
    this.logger.warn({ reason, status, tenant, device, ...due }, 'devices are refused');
  }
}
