/** Of one tenant's key: `<tenant>/<name>=whsec_<base64 of 24 to 64 bytes>`. */
const entry = String.raw`[A-Za-z0-9_-]{1,64}/[A-Za-z][A-Za-z0-9_.-]{0,63}=whsec_[A-Za-z0-9+/]{32,86}={0,2}`;

/** Several, with commas or line ends between them. */
export const signingKeysForm = new RegExp(String.raw`^\s*${entry}(?:\s*[,\n]\s*${entry})*\s*$`);

/**
 * The keys that webhooks are signed with, by tenant and by the name that the tenant's policy has for it. A key is of one tenant:
 * with the name of somebody else's, a policy could have bodies of its own signed for their receiver.
 */
export class SigningKeys {
  private constructor(private readonly keys: ReadonlyMap<string, string>) {}

  /** @throws TypeError for what does not match `signingKeysForm`, or is named twice */
  static parse(text: string): SigningKeys {
    if (text === '') return new SigningKeys(new Map());
    if (!signingKeysForm.test(text)) throw new TypeError('has an entry that is no <tenant>/<name>=whsec_<base64>');
    const keys = new Map<string, string>();
    for (const each of text.trim().split(/\s*[,\n]\s*/)) {
      const [name, key] = [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)];
      if (keys.has(name)) throw new TypeError(`names ${name} twice`);
      keys.set(name, key);
    }
    return new SigningKeys(keys);
  }

  /** Undefined: the configuration has none of that name for the tenant. */
  of(tenant: string, name: string): string | undefined {
    return this.keys.get(`${tenant}/${name}`);
  }
}
