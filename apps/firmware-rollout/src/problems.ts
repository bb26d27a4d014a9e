import { Problem } from '@myelin/service-kit';

/** Every refusal that is this service's own. The slug of a problem is part of the API. */
export const problems = {
  notFound: (
    entity:
      | 'artifact'
      | 'artifact-upload'
      | 'release'
      | 'release-manifest'
      | 'signing-key'
      | 'rollout'
      | 'assignment'
      | 'device',
  ) => new Problem({ status: 404, type: `${entity}-not-found`, title: `No such ${entity.replace('-', ' ')}` }),
};
