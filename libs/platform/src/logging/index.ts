export {
  announcer,
  createLogger,
  logLevels,
  type LogContext,
  type LoggerOptions,
  type LogLevel,
} from './logger.js';
export { NestLogger } from './nest-logger.js';
export { spanIdsOf, traceIdOf } from './trace-id.js';
