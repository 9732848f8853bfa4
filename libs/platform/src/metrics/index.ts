export { type TalliedHistogram } from './histogram.js';
export { poolOf, processRegistry } from './registry.js';
