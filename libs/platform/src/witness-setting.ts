import { homedir } from 'node:os';
import { join } from 'node:path';
import { textSetting, type Environment } from './settings.js';

/**
 * Where it is kept, outside of a database, what it has had confirmed: `WITNESS_FILE`, else a file with the database's id in the folder
 * where the user's programs keep their state (XDG Base Directory Specification).
 */
export const witnessSetting = (env: Environment): string =>
  textSetting(env, 'WITNESS_FILE') ??
  join(textSetting(env, 'XDG_STATE_HOME') ?? join(homedir(), '.local', 'state'), 'strangler', '/');
