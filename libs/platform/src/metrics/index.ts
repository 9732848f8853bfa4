export { operationsRoutes, UnreadyError, type Check, type OperationsOptions } from './operations-routes.js';
export { openOperations } from './operations-server.js';
export { type TalliedHistogram } from './histogram.js';
export { poolOf, processRegistry } from './registry.js';
