export { operationsRoutes, type Check, type OperationsOptions } from './operations-routes.js';
export { openOperations } from './operations-server.js';
export { poolGauges, type PoolFigures } from './pool-gauges.js';
export { createRegistry, register } from './registry.js';
