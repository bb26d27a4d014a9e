import { Problem, validationFailed } from '@myelin/service-kit';
import { windowLimits } from './domain/maintenance-window.js';

/** Every refusal that is this service's own. The slug of a problem is part of the API. */
export const problems = {
  notFound: (entity: 'tenant' | 'site' | 'profile' | 'device' | 'maintenance-window' | 'trace-request') =>
    new Problem({ status: 404, type: `${entity}-not-found`, title: `No such ${entity.replace('-', ' ')}` }),

  tenantUnknown: () =>
    new Problem({
      status: 403,
      type: 'tenant-unknown',
      title: 'Tenant not registered',
      detail: 'the tenant of the token is not registered here',
    }),

  alreadyExists: (entity: 'tenant' | 'device' | 'maintenance-window') =>
    new Problem({ status: 409, type: `${entity}-exists`, title: `A ${entity.replace('-', ' ')} of this id exists` }),

  inUse: (entity: 'site' | 'profile') =>
    new Problem({
      status: 409,
      type: `${entity}-in-use`,
      title: `Devices use this ${entity}`,
      detail: `move or delete the devices that use this ${entity} first`,
    }),

  unknownReference: (entity: 'site' | 'profile' | 'device') =>
    new Problem({
      status: 422,
      type: `${entity}-unknown`,
      title: `The ${entity} does not exist`,
      errors: [{ pointer: `/${entity}`, detail: 'names nothing that exists' }],
    }),

  deviceLimit: (maxDevices: number) =>
    new Problem({
      status: 409,
      type: 'device-limit',
      title: 'The tenant has as many devices as it may',
      extensions: { maxDevices },
    }),

  windowLimit: (maxWindows: number) =>
    new Problem({
      status: 409,
      type: 'maintenance-window-limit',
      title: 'The tenant has as many maintenance windows as it may',
      detail: 'those that are over do not count: end or cancel one first',
      extensions: { maxWindows },
    }),

  storedWindowLimit: (maxWindows: number) =>
    new Problem({
      status: 409,
      type: 'maintenance-window-limit',
      title: 'The tenant has as many maintenance windows as are kept',
      detail: `those that are over are forgotten ${windowLimits.keptDays} days after their end`,
      extensions: { maxWindows },
    }),

  windowBegun: (from: Date) =>
    new Problem({
      status: 409,
      type: 'maintenance-window-begun',
      title: 'The maintenance window has begun',
      errors: [{ pointer: '/from', detail: `must stay ${from.toISOString()}: the window has begun` }],
    }),

  windowOver: () =>
    new Problem({
      status: 409,
      type: 'maintenance-window-over',
      title: 'The maintenance window is over',
      detail: `one that is over is neither changed nor deleted; it is forgotten ${windowLimits.keptDays} days after its end`,
    }),

  traceRequestLimit: (maxRequests: number) =>
    new Problem({
      status: 409,
      type: 'trace-request-limit',
      title: 'As many devices of the tenant are followed as may be',
      detail: 'delete a trace request, or wait for the end of one',
      extensions: { maxRequests },
    }),

  traceRequestEnding: () =>
    new Problem({
      status: 409,
      type: 'trace-request-ending',
      title: 'The former trace request of the device is just being deleted',
      detail: 'ask again',
    }),

  invalid: (pointer: string, detail: string) => validationFailed([{ pointer, detail }]),
};
