import { contentHash } from './content-hash.js';
import type { Offer } from './offer.js';

/** Where devices reach the service, as they see it: scheme, host and port. */
export interface Origins {
  /** Of the request itself, as a trusted proxy tells it. */
  readonly own: string;
  /** Plain http beside an own origin of https, for clients that read `download-http` only. Default: the own one. */
  readonly http?: string;
}

/**
 * `scheme://host` for links; undefined for a `Host` header that is no host: nothing else may get into a link.
 * @param scheme of the request as the first trusted proxy received it
 */
export function originOf(scheme: 'http' | 'https', host: string | undefined): string | undefined {
  if (host === undefined || host.length > 261 || !/^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host)) {
    return undefined;
  }
  return `${scheme}://${host}`;
}

/** Every link that one device is given. Tenant and controller id stand in it as the client wrote them. */
export class Hrefs {
  readonly #path: string;

  constructor(
    private readonly origins: Origins,
    pathTenant: string,
    controllerId: string,
  ) {
    this.#path = `/${pathTenant}/controller/v1/${controllerId}`;
  }

  get configData(): string {
    return this.#own('configData');
  }

  get activateAutoConfirm(): string {
    return this.#own('confirmationBase/activateAutoConfirm');
  }

  get deactivateAutoConfirm(): string {
    return this.#own('confirmationBase/deactivateAutoConfirm');
  }

  confirmationBase(actionId: number, offer: Offer): string {
    return this.#own(`confirmationBase/${actionId}?c=${contentHash(actionId, offer)}`);
  }

  deploymentBase(actionId: number, offer: Offer): string {
    return this.#own(`deploymentBase/${actionId}?c=${contentHash(actionId, offer)}`);
  }

  cancelAction(actionId: number): string {
    return this.#own(`cancelAction/${actionId}`);
  }

  installedBase(actionId: number): string {
    return this.#own(`installedBase/${actionId}`);
  }

  artifact(moduleId: number, fileName: string): string {
    return this.#own(this.#file(moduleId, fileName));
  }

  artifactHttp(moduleId: number, fileName: string): string {
    return `${this.origins.http ?? this.origins.own}${this.#path}/${this.#file(moduleId, fileName)}`;
  }

  #own(rest: string): string {
    return `${this.origins.own}${this.#path}/${rest}`;
  }

  #file(moduleId: number, fileName: string): string {
    return `softwaremodules/${moduleId}/artifacts/${encodeURIComponent(fileName)}`;
  }
}
