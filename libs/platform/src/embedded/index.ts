export { EmbeddedError } from './embedded-error.js';
export { acquireEmbedded, type EmbeddedLease } from './lease.js';
