import type { ConfigSchema } from '@myelin/config';
import type { EventContract } from '@myelin/contracts';
import type { Manifest } from '../manifest.js';

/** What the code declares, beside which manifests are held. */
export interface Known {
  /** Of each service, by its name; of its migrations where it has some. */
  readonly schemas: ReadonlyMap<string, { readonly service: ConfigSchema; readonly migration?: ConfigSchema }>;
  /** Variables that every process may have. */
  readonly everywhere: ReadonlySet<string>;
  readonly events: readonly EventContract[];
}

/** What is wrong with a rendered set of manifests, one line each; empty: nothing. */
export type Policy = (manifests: readonly Manifest[], known: Known) => string[];
