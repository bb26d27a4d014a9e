import type { Hrefs } from './hrefs.js';
import type { Offer } from './offer.js';
import { type RenderedAnswer, rendered, renderedText } from './rendered-answer.js';

/** Section 3.5 of the DDI notes: the action to stop is the one that carries the request. */
export function cancelAnswer(actionId: number): RenderedAnswer {
  const id = String(actionId);
  return rendered({ id, cancelAction: { stopId: id } });
}

export interface ConfirmationFacts {
  /** Absent = it is asked each time. */
  readonly autoConfirm?: { readonly initiator?: string; readonly remark?: string; readonly activatedAtMs: number };
  /** What waits for the device to agree. */
  readonly waiting?: { readonly actionId: number; readonly offer: Offer } | undefined;
}

/** Section 3.8 of the DDI notes. */
export function confirmationBaseAnswer({ autoConfirm, waiting }: ConfirmationFacts, hrefs: Hrefs): RenderedAnswer {
  const links = {
    ...(autoConfirm === undefined && { activateAutoConfirm: { href: hrefs.activateAutoConfirm } }),
    ...(autoConfirm !== undefined && { deactivateAutoConfirm: { href: hrefs.deactivateAutoConfirm } }),
    ...(waiting !== undefined && {
      confirmationBase: { href: hrefs.confirmationBase(waiting.actionId, waiting.offer) },
    }),
  };
  if (autoConfirm === undefined) return rendered({ autoConfirm: { active: false }, _links: links });
  const { activatedAtMs: activatedAt, ...said } = autoConfirm;
  return rendered({ autoConfirm: { active: true, ...said, activatedAt }, _links: links });
}

/** The file `<fileName>.MD5SUM`, as `md5sum` writes it but for the newline, which hawkBit leaves out. */
export function md5Answer({ md5, fileName }: { readonly md5: string; readonly fileName: string }): RenderedAnswer {
  return renderedText(`${md5}  ${fileName}`);
}

/** `Content-Disposition` of a file: names beyond ASCII go in the second form (RFC 6266). */
export function attachment(fileName: string): string {
  if (/^[A-Za-z0-9._+-]+$/.test(fileName)) return `attachment;filename=${fileName}`;
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return `attachment;filename*=UTF-8''${encoded}`;
}
