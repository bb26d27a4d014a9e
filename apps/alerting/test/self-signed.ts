import tlsOptions from 'smtp-server/lib/tls-options.js';

/** A certificate that nobody trusts, for `localhost`. */
export const selfSigned = (({ key, cert }) => ({ key, cert }))(tlsOptions({}) as { key: string; cert: string });
