import { Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import type { ClaimedDelivery, TryOutcome } from '../../domain/notifying/delivery.js';
import type { EmailReceiver } from '../../domain/notifying/receivers.js';
import type { SmtpSettings } from '../../notifications/smtp-settings.js';
import { emailContent } from './email-content.js';

export async function sendEmail(
  smtp: SmtpSettings,
  receiver: EmailReceiver,
  { id, notification }: ClaimedDelivery,
): Promise<TryOutcome> {
  const { host, port, tls, user, password, timeoutMs } = smtp;
  const socket = new Socket();
  const transport = createTransport({
    ...{ socket, host, port, secure: tls === 'implicit', requireTLS: tls === 'required', ignoreTLS: tls === 'none' },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    ...{ dnsTimeout: timeoutMs, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const sending = transport.sendMail({
    ...{ from: smtp.from, to: [...receiver.to], ...emailContent(notification, smtp.externalUrl) },
    // The same for every try, so that mailboxes can tell a repetition.
    messageId: `<${id}@${smtp.from.replace(/^.*@/, '').replace(/[^A-Za-z0-9.-]/g, '') || 'myelin'}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  });
  try {
    // A server may say one thing after the other for ever: no time-out of the connection ends that.
    await within(sending, timeoutMs, () => socket.destroy());
    return { kind: 'delivered' };
  } catch (error) {
    return outcomeOfSmtp(error);
  }
}

/** What is said about the envelope or the content is about this mail; all else is about the way, which can be mended. */
const aboutTheMail = new Set(['EENVELOPE', 'EMESSAGE']);

/** RFC 5321, 4.2.1: 4yz passes, 5yz does not. */
function outcomeOfSmtp(error: unknown): TryOutcome {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const known = typeof code === 'string' && /^E[A-Z]{2,20}$/.test(code) ? code : 'unexpected error';
  const status = typeof responseCode === 'number' ? responseCode : 0;
  const shown = `smtp ${known}${status === 0 ? '' : ` ${status}`}`;
  return { kind: status >= 500 && aboutTheMail.has(known) ? 'refused' : 'failed', error: shown };
}

async function within<T>(work: Promise<T>, timeoutMs: number, stop: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      stop();
      reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
  });
  work.catch(() => undefined); // once it is late nobody else hears of it
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
