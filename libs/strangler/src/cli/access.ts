import type pg from 'pg';
import type { AdminAddress, Session } from './client/admin-api.js';

/**
 * Settings by their names, as `process.env` has them.
 *
 * @example
 * ```ts
 * const env: Environment = { ADMIN_URL: 'http://127.0.0.1:3001', ADMIN_TOKEN: token };
 * ```
 */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How an application is reached.
 *
 * @example
 * ```ts
 * const withToken = (env: Environment): Access => ({ ...installed.access(env), modules: address });
 * ```
 */
export interface Access {
  /** Its admin API; without a URL, there is nothing but a gateway. */
  readonly modules: AdminAddress;
  /** The admin API of its gateway, for routes of the edge; without a URL, it has none. */
  readonly routes: AdminAddress;
  /** How the operator says who he is, to both. */
  readonly session: Session;
  /** Works in the monolith's database; `undefined`: there is none yet. */
  inDatabase<T>(work: (client: pg.Client) => Promise<T>, say: (line: string) => void): Promise<T | undefined>;
}
