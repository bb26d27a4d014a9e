import { Problem } from '@myelin/service-kit';

/** Every refusal that is this service's own. The slug of a problem is part of the API. */
export const problems = {
  notFound: (entity: 'rule' | 'alarm') =>
    new Problem({ status: 404, type: `${entity}-not-found`, title: `No such ${entity}` }),

  ruleLimit: (maxRules: number) =>
    new Problem({
      status: 409,
      type: 'rule-limit',
      title: 'The tenant has as many rules as it may',
      extensions: { maxRules },
    }),
};
