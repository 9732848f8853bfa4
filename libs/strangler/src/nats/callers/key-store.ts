import type { Queryable } from '../../database/database.js';
import { newPrivateKey } from './caller-token.js';
import type { CallerKey, OwnKey } from './caller-keys.js';

/** The release from which on processes sign. */
const firstThatSigns = '0.3.0';

/** Most keys that are kept of one program: those that were offered last. */
const mostOfOne = 16;

/**
 * The keys in a database of this shop: its own program's, and those that it has heard of.
 *
 * @internal
 */
export class KeyStore {
  constructor(private readonly database: Queryable) {}

  /** The key of the program whose database this is; all its processes have the same. */
  async own(): Promise<OwnKey> {
    await this.database.query(
      `insert into strangler.own_key (private_key) values ($1) on conflict (one) do nothing`,
      [newPrivateKey()],
    );
    const [row] = await this.database.query<OwnKey>(
      'select kid::text, private_key as "privateKey" from strangler.own_key',
    );
    return row!;
  }

  /** Which database this is: another one once it has been copied. And whether no process of an older release is connected to it. */
  async standing(): Promise<Pick<CallerKey, 'database' | 'allSign'>> {
    // In that of a gateway nobody else makes it.
    await this.database.query('insert into strangler.database default values on conflict do nothing');
    const [row] = await this.database.query<Pick<CallerKey, 'database' | 'allSign'>>(
      `select strangler.database_id()::text as database, not exists (
         select from pg_stat_activity
         where datname = current_database()
           and string_to_array(substring(application_name from '^strangler(?:-shop)? (\\d+\\.\\d+\\.\\d+)'), '.')::int[]
             < string_to_array($1, '.')::int[]
       ) as "allSign"`,
      [firstThatSigns],
    );
    return row!;
  }

  /** What the server's clock says, in ms since 1970: the same for all processes of a program. */
  async time(): Promise<number> {
    const [row] = await this.database.query<{ ms: number }>(
      'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
    );
    return row!.ms;
  }

  all(): Promise<CallerKey[]> {
    return this.database.query<CallerKey>(
      'select kid, program, database, public_key as key, all_sign as "allSign" from strangler.caller_key order by kid',
    );
  }

  /** These, and no others. */
  async replace(keys: readonly CallerKey[]): Promise<void> {
    await this.database.query(
      'delete from strangler.caller_key where kid not in (select kid from jsonb_to_recordset($1::jsonb) as k (kid text))',
      [JSON.stringify(keys)],
    );
    await this.add(keys);
  }

  /** Notes keys; of each program the latest are kept. One that has another after it in the same database, and is said no more, is over. */
  async add(keys: readonly CallerKey[]): Promise<void> {
    await this.database.query(
      `with given as (
         insert into strangler.caller_key (kid, program, database, public_key, all_sign)
         select kid, program, database, key, "allSign"
         from jsonb_to_recordset($1::jsonb) as k (kid text, program text, database text, key text, "allSign" boolean)
         on conflict (kid) do update set database = excluded.database, all_sign = excluded.all_sign, seen_at = clock_timestamp()
         where caller_key.program = excluded.program and caller_key.public_key = excluded.public_key
         returning program, database
       )
       delete from strangler.caller_key k
       where k.program in (select program from given) and (k.kid not in (
           select l.kid from strangler.caller_key l where l.program = k.program order by l.seen_at desc limit ${mostOfOne - 1})
         or (k.program, k.database) in (select program, database from given) and k.seen_at < clock_timestamp() - interval '10 minutes')
         and k.kid not in (select kid from jsonb_to_recordset($1::jsonb) as n (kid text))`,
      [JSON.stringify(keys)],
    );
  }
}
