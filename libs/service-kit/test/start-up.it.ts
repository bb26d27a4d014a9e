import { Controller, Get, Module } from '@nestjs/common';
import { describe, expect, test } from '@jest/globals';
import { Public, Roles, listRoutes } from '../src/index.js';
import { startSample } from './fixture.js';
import { SampleModule } from './sample.module.js';
import { audience } from './token-issuer.js';

@Controller('v1/open')
class ForgottenController {
  @Get('said')
  @Public()
  said(): object {
    return {};
  }

  @Get('forgotten')
  forgotten(): object {
    return {};
  }
}

@Module({ controllers: [ForgottenController] })
class ForgottenModule {}

@Controller('v1/guarded')
class GuardedController {
  @Get()
  @Roles('viewer')
  get(): object {
    return {};
  }
}

@Module({ controllers: [GuardedController] })
class GuardedModule {}

const operatorAuth = { issuer: 'https://issuer.example', audience };

describe('start-up fails', () => {
  test('when a route has neither @Roles nor @Public, and names it', async () => {
    await expect(startSample({ module: ForgottenModule, operatorAuth })).rejects.toMatchObject({
      code: 'auth.access-undeclared',
      message: 'routes without @Roles or @Public: GET /v1/open/forgotten (ForgottenController.forgotten)',
    });
  });

  test('when routes have roles and the service has no issuer', async () => {
    await expect(startSample({ module: GuardedModule })).rejects.toMatchObject({
      code: 'auth.issuer-missing',
      message: expect.stringContaining('GET /v1/guarded (GuardedController.get)') as unknown,
    });
  });

  test.each([['none'], ['HS256'], ['ES256', 'HS512']])(
    'when the token algorithms contain %s',
    async (...algorithms) => {
      await expect(startSample({ operatorAuth: { ...operatorAuth, algorithms } })).rejects.toMatchObject({
        code: 'auth.settings-invalid',
      });
    },
  );

  test('when the list of token algorithms is empty, or the issuer or audience is none', async () => {
    for (const fault of [{ algorithms: [] }, { issuer: 'issuer' }, { audience: '' }]) {
      const started = startSample({ operatorAuth: { ...operatorAuth, ...fault } });
      await expect(started).rejects.toMatchObject({ code: 'auth.settings-invalid' });
    }
  });

  test('and lets go of what the service has opened before', async () => {
    let closed = 0;
    await expect(startSample({ module: GuardedModule, afterClose: () => void closed++ })).rejects.toThrow();
    expect(closed).toBe(1);
  });

  test('when the port is taken, and closes what was open', async () => {
    const first = await startSample({ operatorAuth });
    let closed = 0;
    const second = startSample({
      operatorAuth,
      http: { host: '127.0.0.1', port: Number(new URL(first.url).port) },
      afterClose: () => void closed++,
    });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(closed).toBe(1);
    await first.close();
  });
});

describe('the list of routes', () => {
  test('has every route of controllers and of Fastify itself, with who may use it', async () => {
    const service = await startSample({
      operatorAuth,
      openApi: { title: 'Sample' },
      beforeListen: (app) => {
        const instance = app.getHttpAdapter().getInstance();
        instance.post('/v1/raw', () => ({}));
      },
    });
    const routes = listRoutes(service.app).map(({ method, path, access }) => [method, path, access]);
    await service.close();
    expect(routes).toEqual([
      ['GET', '/health/live', 'public'],
      ['GET', '/health/ready', 'public'],
      ['GET', '/health/startup', 'public'],
      ['GET', '/openapi.json', 'public'],
      ['GET', '/v1/faults/:kind', 'public'],
      ['POST', '/v1/raw', 'raw'],
      ['GET', '/v1/slow', 'public'],
      ['GET', '/v1/tenants', ['platform-admin']],
      ['GET', '/v1/things', ['viewer']],
      ['POST', '/v1/things', ['operator']],
      ['GET', '/v1/things/:thing/fail', ['viewer']],
      ['POST', '/v1/things/:thing/release', ['release-manager']],
      ['POST', '/v1/things/:thing/rename', ['admin']],
    ]);
  });

  test('takes dynamic modules too', async () => {
    const service = await startSample({
      module: { module: class Configured {}, imports: [SampleModule] },
      operatorAuth,
    });
    const paths = listRoutes(service.app).map(({ path }) => path);
    await service.close();
    expect(paths).toContain('/v1/things/:thing/release');
  });
});
