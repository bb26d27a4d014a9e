import { Problem, validationFailed } from '@myelin/service-kit';

/** Every refusal that is this service's own. The slug of a problem is part of the API. */
export const problems = {
  notFound: (entity: 'tenant' | 'site' | 'profile' | 'device') =>
    new Problem({ status: 404, type: `${entity}-not-found`, title: `No such ${entity}` }),

  tenantUnknown: () =>
    new Problem({
      status: 403,
      type: 'tenant-unknown',
      title: 'Tenant not registered',
      detail: 'the tenant of the token is not registered here',
    }),

  alreadyExists: (entity: 'tenant' | 'device') =>
    new Problem({ status: 409, type: `${entity}-exists`, title: `A ${entity} of this id exists` }),

  inUse: (entity: 'site' | 'profile') =>
    new Problem({
      status: 409,
      type: `${entity}-in-use`,
      title: `Devices use this ${entity}`,
      detail: `move or delete the devices that use this ${entity} first`,
    }),

  unknownReference: (entity: 'site' | 'profile') =>
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

  invalid: (pointer: string, detail: string) => validationFailed([{ pointer, detail }]),
};
