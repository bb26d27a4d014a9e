import { connect } from 'node:net';

const patienceMs = 2_000;

/** @returns undefined when it is no `host:port` */
export function brokerAddress(broker: string): { readonly host: string; readonly port: number } | undefined {
  const colon = broker.lastIndexOf(':');
  const [host, port] = [broker.slice(0, colon), Number(broker.slice(colon + 1))];
  return colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** @returns why nobody listens at `host:port`; undefined when somebody does */
export function whyUnreachable(broker: string): Promise<string | undefined> {
  const address = brokerAddress(broker);
  if (address === undefined) return Promise.resolve('it is no host:port');
  return new Promise((resolve) => {
    const socket = connect(address);
    const finish = (why: string | undefined): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(patienceMs, () => finish(`no answer within ${patienceMs / 1_000} s`));
    socket.once('error', (failure: NodeJS.ErrnoException) => finish(failure.code ?? failure.message));
    socket.once('connect', () => finish(undefined));
  });
}
