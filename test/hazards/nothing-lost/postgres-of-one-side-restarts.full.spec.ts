import { postgresRestarts } from '../support/postgres-restarts.js';

/*
 * At 50 % the database server of the extracted side goes down and comes back. What would go wrong: the relays or the service
 * do not find it again, batches that were answered are not there, customers of the monolith's keys feel it.
 */
// What was answered and is lost in a crash, in a moment: stored-and-lost-in-a-crash.full.spec.ts.
postgresRestarts('in order', 561);
postgresRestarts('crash', 562);
