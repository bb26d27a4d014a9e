import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@myelin/observability';
import type { AdminSettings } from '../admin/admin-listener.js';
import type { OperatorAuthSettings } from '../auth/operator-auth.settings.js';
import type { HealthCheck } from '../health/health-check.js';
import type { HotRoute } from '../http/hot-routes.js';
import type { ProblemMappings } from '../http/to-problem.js';
import type { OpenApiSettings } from '../openapi/open-api.js';

export interface HttpSettings {
  /** Address to listen on. */
  readonly host: string;
  /** 0 = the system picks one; see `RunningService.url`. */
  readonly port: number;
  /** Proxies whose `X-Forwarded-*` are believed, as Fastify takes it. Default false: none. */
  readonly trustProxy?: boolean | string | readonly string[] | number;
  /** Largest body in bytes; a route of its own may say otherwise. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** For a whole request (head and body) to arrive. Default 30,000; 0 = no limit. */
  readonly requestTimeoutMs?: number;
  /** For the head of a request to arrive. Default 10,000. */
  readonly headersTimeoutMs?: number;
  /** An idle connection is kept this long. Default 65,000: longer than usual load balancers keep theirs. */
  readonly keepAliveTimeoutMs?: number;
}

export interface ServiceSettings {
  /** As in logs, traces and OpenAPI: `device-registry`. */
  readonly name: string;
  /** SemVer. */
  readonly version: string;
  readonly module: Type | DynamicModule;
  readonly http: HttpSettings;
  /** Metrics, log level and profiles, for whoever runs the service. Absent: no such listener. */
  readonly admin?: AdminSettings;
  readonly logger: Logger;
  /** Absent: a service without operator routes; a route with `@Roles` then fails start-up. */
  readonly operatorAuth?: OperatorAuthSettings;
  readonly health: (app: INestApplication) => readonly HealthCheck[];
  /** Consumers: Nest microservice handlers are connected to it. */
  readonly transport?: TransportStrategy | ((app: INestApplication) => TransportStrategy);
  /** How codes of this service's errors leave it, e.g. `{ 'device.not-found': { status: 404 } }`. */
  readonly problems?: ProblemMappings;
  /** From the signal to the exit, all steps together. After it: exit code 1. */
  readonly drainMs: number;
  /** How long readiness answers 503 before the listener closes, so that balancers see it. Default 0; at most half of drainMs. */
  readonly readinessDelayMs?: number;
  /** Served at `/openapi.json`. Absent: not served. */
  readonly openApi?: OpenApiSettings;
  /** Routes that answer on Node's server, past Fastify and Nest. */
  readonly hotRoutes?: readonly HotRoute[];
  /** Raw Fastify routes: `app.getHttpAdapter().getInstance()`. Called once, after Nest's routes were made. */
  readonly beforeListen?: (app: NestFastifyApplication) => void | Promise<void>;
  /** After server, transport and Nest are closed, also when the start failed: the last thing before telemetry is flushed. */
  readonly afterClose?: () => void | Promise<void>;
  /** SIGTERM and SIGINT end the process. Default true; false in tests that run in-process. */
  readonly handleSignals?: boolean;
}

/** A Nest transport; its `close` may take the milliseconds that are left. */
export type TransportStrategy = CustomTransportStrategy;

export interface RunningService {
  /** `http://127.0.0.1:7082`, with the real port. */
  readonly url: string;
  /** `http://127.0.0.1:7182`, with the real port. */
  readonly adminUrl?: string;
  readonly app: NestFastifyApplication;
  /**
   * Readiness 503, drain, close the listener, the transport, Nest and telemetry. Resolves to what a process would
   * exit with: 0, or 1 when the deadline passed or a step failed. Calling it again gives the same promise.
   */
  close(): Promise<number>;
}
