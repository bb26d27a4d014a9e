export { ConfigError, type ConfigProblem } from './config.errors.js';
export {
  type ConfigOf,
  type ConfigSchema,
  type Environment,
  defineConfig,
  loadConfig,
  redactedConfig,
} from './load-config.js';
export { boolean, bytes, decimal, duration, integer, list, oneOf, port, secret, text, url } from './kinds.js';
export type { Variable } from './variable.js';
