export { type TalliedHistogram } from './histogram.js';
export { mailGauges, unsentMails } from './mail-gauges.js';
export { poolOf, processRegistry } from './registry.js';
