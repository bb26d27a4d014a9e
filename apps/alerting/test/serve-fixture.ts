import { startService } from '@myelin/service-kit';
import { ApiClient, startTokenIssuer, keptLogger } from '@myelin/testing';
import { Module, type Provider, type Type } from '@nestjs/common';

export interface Served {
  /** A client with a token of that tenant and role; the operator is ada unless somebody else is named. */
  as(tenant: string, role: string, subject?: string): Promise<ApiClient>;
  /** Without a token. */
  nobody(): ApiClient;
  close(): Promise<void>;
}

/** Routes of the service on a port of their own, with whatever they need. */
export async function serve(controllers: readonly Type[], providers: readonly Provider[]): Promise<Served> {
  const issuer = await startTokenIssuer();
  @Module({ controllers: [...controllers], providers: [...providers] })
  class ServedModule {}
  const service = await startService({
    ...{ name: 'alerting', version: '0.0.0', module: ServedModule, logger: keptLogger, drainMs: 5_000 },
    http: { host: '127.0.0.1', port: 0 },
    operatorAuth: { issuer: issuer.issuer, audience: issuer.audience },
    health: () => [],
    handleSignals: false,
  });
  return {
    as: async (tenant, role, subject = 'ada') =>
      new ApiClient(service.url, await issuer.token({ tenant, roles: [role], subject })),
    nobody: () => new ApiClient(service.url, undefined),
    close: async () => {
      await service.close();
      await issuer.close();
    },
  };
}
