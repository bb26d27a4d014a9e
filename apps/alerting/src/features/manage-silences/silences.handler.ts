import { uuidv7 } from '@myelin/kernel';
import { type Operator, validationFailed, actorOf } from '@myelin/service-kit';
import type { Alerting } from '../../alerting.js';
import { type Silence, costOf, expire, silenceLimits } from '../../domain/notifying/silences.js';
import {
  findSilence,
  insertSilence,
  noteSilenceChange,
  openSilencesUsage,
  saveTimes,
} from '../../persistence/silences.repository.js';
import { problems } from '../../problems.js';
import { silenceDefinition } from './silence.dto.js';

/** @throws Problem 400 validation-failed, 409 silence-limit */
export function createSilence(alerting: Alerting, operator: Operator, body: unknown): Promise<Silence> {
  const { tenant } = operator;
  const nowMs = alerting.clock.nowMs();
  const silence = silenceDefinition(body, uuidv7(nowMs), actorOf(operator), nowMs);
  return alerting.change(async (tx) => {
    await noteSilenceChange(tx, tenant);
    const { count, cost } = await openSilencesUsage(tx, tenant, new Date(nowMs));
    const { perTenant, expressionCost } = silenceLimits;
    if (count >= perTenant) throw problems.silenceLimit(perTenant);
    const detail = 'has expressions that together with those of other silences would take too long';
    if (cost + costOf(silence) > expressionCost) throw validationFailed([{ pointer: '/matchers', detail }]);
    await insertSilence(tx, tenant, silence, costOf(silence));
    return silence;
  });
}

/** Ends it now. One that is over stays as it is. @throws Problem 404 silence-not-found */
export function expireSilence(alerting: Alerting, { tenant }: Operator, id: string): Promise<void> {
  return alerting.change(async (tx) => {
    await noteSilenceChange(tx, tenant);
    const silence = await findSilence(tx, tenant, id);
    if (silence === undefined) throw problems.notFound('silence');
    const { startsAtMs, endsAtMs } = expire(silence, alerting.clock.nowMs());
    await saveTimes(tx, tenant, { id, startsAtMs, endsAtMs });
  });
}
