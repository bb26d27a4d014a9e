import { lookup } from 'node:dns/promises';
import { BlockList, type IPVersion, isIP } from 'node:net';
import { DeliveryError } from './delivery.errors.js';

export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Every address of a name, asked once. */
export type Resolve = (hostname: string) => Promise<readonly CheckedAddress[]>;

/** Ranges that are not the public Internet's: RFC 6890 and its registry, with multicast and what is reserved. */
const refusedV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
];
/**
 * Of IPv6 only global unicast may be reached, so `::`, loopback, mapped IPv4, NAT64 (`64:ff9b::/96`), unique local, link
 * local and multicast are out; of it, not Teredo and its kin, documentation, or 6to4, which carries IPv4 addresses.
 */
const globalV6 = '2000::/3';
const refusedV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Decides which addresses notifications may go to, so that no policy reaches into the network that the service is in. */
export class AddressGuard {
  private readonly refused = listOf([...refusedV4, ...refusedV6]);
  private readonly global = listOf([globalV6]);
  private readonly allowed: BlockList;

  /**
   * @param allow ranges (`10.1.0.0/16`, `fd00::/8`) that may be reached although they are private
   * @throws TypeError for what is no range
   */
  constructor(
    allow: readonly string[],
    private readonly resolve: Resolve = resolveAll,
  ) {
    this.allowed = listOf(allow);
  }

  /**
   * The addresses to connect to. All that the name has must be allowed: one that is not is somebody's attempt.
   * @throws DeliveryError delivery.address-refused, delivery.name-unresolved
   */
  async addressesOf(hostname: string): Promise<readonly CheckedAddress[]> {
    const literal = hostname.replace(/^\[(.*)\]$/, '$1');
    const addresses = isIP(literal) === 0 ? await this.resolved(hostname) : [checkedAddress(literal)];
    if (addresses.length === 0) throw DeliveryError.retryable('delivery.name-unresolved', 'the name has no address');
    if (!addresses.every(({ address }) => this.allows(address)))
      throw DeliveryError.permanent('delivery.address-refused', 'the address is not one that notifications may go to');
    return addresses;
  }

  allows(address: string): boolean {
    const family = versionOf(address);
    if (family === undefined) return false;
    if (this.allowed.check(address, family)) return true;
    if (family === 'ipv6' && !this.global.check(address, family)) return false;
    return !this.refused.check(address, family);
  }

  private async resolved(hostname: string): Promise<readonly CheckedAddress[]> {
    try {
      return await this.resolve(hostname);
    } catch (cause) {
      throw DeliveryError.retryable('delivery.name-unresolved', 'the name could not be resolved', { cause });
    }
  }
}

async function resolveAll(hostname: string): Promise<readonly CheckedAddress[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => checkedAddress(address));
}

function checkedAddress(address: string): CheckedAddress {
  return { address, family: isIP(address) === 6 ? 6 : 4 };
}

function versionOf(address: string): IPVersion | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 6 ? 'ipv6' : 'ipv4';
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [, network = '', prefix] = /^(.+)\/(\d{1,3})$/.exec(range) ?? [];
    const family = versionOf(network);
    const longest = family === 'ipv6' ? 128 : 32;
    if (family === undefined || Number(prefix) > longest)
      throw new TypeError(`${range} is no range of addresses such as 10.1.0.0/16`);
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
