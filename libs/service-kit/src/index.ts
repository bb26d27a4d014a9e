export { BackgroundWork, type Step } from './background/background-work.js';
export type { AdminSettings } from './admin/admin-listener.js';
export { Public, Roles } from './auth/access.decorators.js';
export { AuthError } from './auth/auth.errors.js';
export { CurrentOperator, type Operator, type Role, actorOf, operatorOf } from './auth/operator.js';
export { type OperatorAuthSettings, defaultAlgorithms } from './auth/operator-auth.settings.js';
export { startService } from './bootstrap/start-service.js';
export type { HttpSettings, RunningService, ServiceSettings, TransportStrategy } from './bootstrap/service-settings.js';
export type { HealthCheck } from './health/health-check.js';
export { decodeCursor, encodeCursor, pageOf } from './http/cursor.js';
export { pageQuery } from './http/page-query.js';
export { PathParameterPipe, isUuid } from './http/path-parameter.pipe.js';
export { Flag } from './http/query-transforms.js';
export { type Preconditions, mayPut, preconditionFailed } from './http/preconditions.js';
export { versionedAnswer } from './http/versioned-answer.js';
export type { HotReply, HotRoute } from './http/hot-routes.js';
export { jsonParser } from './http/json-parser.js';
export { etag, expectedVersion, parseIfMatch, requireIfMatch } from './http/etag.js';
export {
  Problem,
  type ProblemDocument,
  type ProblemFault,
  type ProblemInit,
  problemMediaType,
  validationFailed,
} from './http/problem.js';
export { type FaultsWithin, HasNoFaults, type LocatedFault } from './http/faults-within.decorator.js';
export { type RouteListing, listRoutes } from './openapi/list-routes.js';
export type { ProblemMapping, ProblemMappings } from './http/to-problem.js';
export {
  type OpenApiInfo,
  type OpenApiSettings,
  buildOpenApi,
  openApiOf,
  openApiText,
  writeOpenApi,
} from './openapi/open-api.js';
