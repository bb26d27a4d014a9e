import { type AddressInfo, type Socket, createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SMTPServerOptions } from 'smtp-server';
import type { TryOutcome } from '../src/domain/notifying/delivery.js';
import { sendEmail } from '../src/features/deliver-notifications/send-email.js';
import type { SmtpSettings } from '../src/notifications/smtp-settings.js';
import { aDelivery } from './deliveries-fixture.js';
import { type Mail, type MailServer, startMailServer } from './mail-fixture.js';
import { selfSigned } from './self-signed.js';

const receiver = {
  name: 'mail',
  kind: 'email',
  sendResolved: true,
  to: ['duty@example.com', 'boss@example.com'],
} as const;
const servers: MailServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

async function startServer(
  options: SMTPServerOptions = {},
): Promise<{ settings: SmtpSettings; mails: MailServer['mails'] }> {
  const server = await startMailServer(options);
  servers.push(server);
  const { port, mails } = server;
  const at = { host: '127.0.0.1', port, tls: 'none' } as const;
  const settings = { ...at, from: 'alarms@example.com', timeoutMs: 5_000, externalUrl: '' };
  return { settings, mails };
}
const refusing = (responseCode: number, message = 'no'): Error => Object.assign(new Error(message), { responseCode });
const headerOf = ({ content }: Mail, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(content)?.[1]?.trim();

describe('a mail', () => {
  test('arrives at all of its addresses, in text and HTML, marked as written by a machine', async () => {
    const { settings, mails } = await startServer();
    expect(await sendEmail(settings, receiver, aDelivery())).toEqual({ kind: 'delivered' });
    const [mail] = mails;
    expect(mail).toMatchObject({ from: 'alarms@example.com', to: ['duty@example.com', 'boss@example.com'] });
    expect(headerOf(mail!, 'subject')).toBe('[FIRING:1] Hot');
    expect(headerOf(mail!, 'auto-submitted')).toBe('auto-generated');
    expect(mail!.content).toMatch(/text\/plain[^]*it is hot[^]*text\/html[^]*it is hot/);
  });

  test('is sent again after the server vanished in the middle of it, under the same message id', async () => {
    let vanish = true;
    const taken: string[] = [];
    const open: Socket[] = [];
    const { settings } = await startServer({
      onData(stream, _session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (vanish) for (const socket of open) socket.destroy();
        });
        stream.on('end', () => {
          taken.push(Buffer.concat(chunks).toString());
          done();
        });
      },
    });
    servers[0]!.listener.on('connection', (socket: Socket) => open.push(socket));
    const first = await sendEmail(settings, receiver, aDelivery());
    expect(first).toMatchObject({ kind: 'failed', error: expect.stringMatching(/^smtp E[A-Z]+$/) });
    vanish = false;
    expect(await sendEmail(settings, receiver, aDelivery({ tries: 2 }))).toEqual({ kind: 'delivered' });
    const ids = taken.map((content) => headerOf({ content, from: '', to: [] }, 'message-id'));
    expect(new Set(ids)).toEqual(new Set([`<${aDelivery().id}@example.com>`]));
  });

  test.each<[string, SMTPServerOptions, TryOutcome]>([
    [
      'a mailbox that is full for now',
      { onRcptTo: (_to, _session, done) => done(refusing(452)) },
      { kind: 'failed', error: 'smtp EENVELOPE 452' },
    ],
    [
      'a mailbox that does not exist',
      { onRcptTo: (_to, _session, done) => done(refusing(550)) },
      { kind: 'refused', error: 'smtp EENVELOPE 550' },
    ],
    [
      'a content that is not wanted',
      { onData: (stream, _session, done) => void stream.resume().on('end', () => done(refusing(554))) },
      { kind: 'refused', error: 'smtp EMESSAGE 554' },
    ],
    [
      'a server that is busy',
      { onConnect: (_session, done) => done(refusing(421)) },
      { kind: 'failed', error: 'smtp EPROTOCOL 421' },
    ],
  ])('%s', async (_what, options, expected) => {
    const { settings } = await startServer(options);
    expect(await sendEmail(settings, receiver, aDelivery())).toEqual(expected);
  });

  test('to a server that is silent, or holds its answer back, is given up in time', async () => {
    const { settings } = await startServer({ onData: (stream) => void stream.resume() });
    const outcome = await sendEmail({ ...settings, timeoutMs: 200 }, receiver, aDelivery());
    expect(outcome).toEqual({ kind: 'failed', error: 'smtp ETIMEDOUT' });
  });

  test('to a server that talks without end is given up in time', async () => {
    const server = createServer((socket) => {
      socket.write('220 hello\r\n');
      const talking = setInterval(() => socket.write('250-and another thing\r\n'), 20);
      socket.on('error', () => undefined).on('close', () => clearInterval(talking));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { settings } = await startServer();
    const outcome = await sendEmail({ ...settings, port, timeoutMs: 300 }, receiver, aDelivery());
    expect(outcome).toEqual({ kind: 'failed', error: 'smtp ETIMEDOUT' });
    // It closes only when its connection is.
    await new Promise((resolve) => server.close(resolve));
  });

  test('to a server that wants another password stays to be sent; the password is in no outcome', async () => {
    const onAuth: SMTPServerOptions['onAuth'] = ({ password }, _session, done) =>
      done(refusing(535, `wrong: ${password}`));
    const { settings } = await startServer({ authOptional: false, onAuth, allowInsecureAuth: true });
    const outcome = await sendEmail({ ...settings, user: 'alarms', password: 'hunter2hunter2' }, receiver, aDelivery());
    expect(outcome).toEqual({ kind: 'failed', error: 'smtp EAUTH 535' });
  });

  test('is not sent in the clear where TLS is required', async () => {
    const { settings, mails } = await startServer();
    const outcome = await sendEmail({ ...settings, tls: 'required' }, receiver, aDelivery());
    expect([outcome.kind, mails]).toEqual(['failed', []]);
  });

  test.each(['implicit', 'required'] as const)(
    'is not handed to a server that proves nothing, with TLS %s',
    async (tls) => {
      const { settings, mails } = await startServer({
        ...selfSigned,
        secure: tls === 'implicit',
        disabledCommands: [],
      });
      const outcome = await sendEmail({ ...settings, tls }, receiver, aDelivery());
      expect(outcome).toMatchObject({ kind: 'failed', error: expect.stringMatching(/^smtp E(TLS|SOCKET)$/) });
      expect(mails).toEqual([]);
    },
  );
});
