import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

/** Keeps what the provider stores, clients among it, for as long as the process lives. */
export class IssuerMemory {
  private readonly models = new Map<string, Map<string, AdapterPayload>>();

  put(model: string, id: string, payload: AdapterPayload): void {
    this.of(model).set(id, payload);
  }

  has(model: string, id: string): boolean {
    return this.of(model).has(id);
  }

  adapter(): AdapterFactory {
    return (model): Adapter => {
      const entries = this.of(model);
      const findBy = (member: 'uid' | 'userCode', value: string): AdapterPayload | undefined =>
        [...entries.values()].find((payload) => payload[member] === value);
      return {
        upsert: async (id, payload) => void entries.set(id, payload),
        find: async (id) => entries.get(id),
        findByUid: async (uid) => findBy('uid', uid),
        findByUserCode: async (userCode) => findBy('userCode', userCode),
        consume: async (id) => {
          const payload = entries.get(id);
          if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1_000);
        },
        destroy: async (id) => void entries.delete(id),
        revokeByGrantId: async (grantId) => {
          for (const [id, payload] of entries) if (payload.grantId === grantId) entries.delete(id);
        },
      };
    };
  }

  private of(model: string): Map<string, AdapterPayload> {
    let entries = this.models.get(model);
    if (entries === undefined) {
      entries = new Map<string, AdapterPayload>();
      this.models.set(model, entries);
    }
    return entries;
  }
}
