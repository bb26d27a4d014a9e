import { hash } from 'node:crypto';
import { mixedHash } from './mixed-hash.js';
import type { Offer, Step } from './offer.js';

const steps: readonly Step[] = ['attempt', 'forced', 'skip'];
const windows: readonly Offer['maintenanceWindow'][] = [undefined, 'available', 'unavailable'];

/**
 * `c` of a link: an int32 that is another one whenever the same action is shown in another way, soft turned forced or
 * the window opened or closed. The way it is shown has bits of its own, so that no two ways of one action coincide.
 */
export function contentHash(actionId: number, { download, update, maintenanceWindow }: Offer): number {
  const way = (steps.indexOf(download) * 3 + steps.indexOf(update)) * 3 + windows.indexOf(maintenanceWindow);
  return (mixedHash(String(actionId)) << 5) | way;
}

/** The strong entity tag of a body: the same for the same bytes, on every process. */
export function etagOf(body: Uint8Array): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
}

/** A header longer than this is not looked into: nobody that we answered sends it. */
const longestHeader = 1_024;

/** True when the client has these bytes already: 304. Compared weakly (RFC 9110, 13.1.2). Without the header never. */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined || ifNoneMatch.length > longestHeader) return false;
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
  // Our tags hold no comma, so a tag that holds one is none of ours in pieces, too.
  return ifNoneMatch.split(',').some((tag) => {
    const trimmed = tag.trim();
    return (trimmed.startsWith('W/') ? trimmed.slice(2) : trimmed) === etag;
  });
}
