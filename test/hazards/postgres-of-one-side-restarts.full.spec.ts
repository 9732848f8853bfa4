import { postgresRestarts } from './support/postgres-restarts.js';

/* See postgres-of-one-side-restarts.spec.ts: the server ends in order. */
postgresRestarts('in order', 561);
