export { numberOf, release, releaseOf } from '../database/release.js';
export { migrate, type MigrateOptions } from './migrate.js';
export { MigrationRefused, olderProcessesGone } from './older-processes.js';
export { onlyOne } from './only-one.js';
export { asLongAsItTakes, inTurns, lockTimeoutMs, type Say } from './patience.js';
