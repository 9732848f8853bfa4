export { EmbeddedError } from './embedded-error.js';
export { acquireEmbedded, type EmbeddedLease } from './lease.js';
export { natsRuns } from './nats/nats-server.js';
export { type NatsUser } from './nats/user.js';
