import type { Position } from '../identity/position.js';
import type { Database } from '../../database/database.js';
import { LeaderSession } from '../../database/leader-session.js';

/**
 * Plans of the relay read by an index, and in its order. The statistics of an outbox are always out of date; believing
 * them, PostgreSQL would sort all of it for each batch. And a plan that is kept may be from when a table was empty. A batch is
 * put together in memory.
 */
const planning = `set enable_sort = off; set enable_bitmapscan = off; set enable_seqscan = off; set jit = off; set work_mem = '32MB'`;

const role = {
  lock: 'strangler.relay_lock()',
  sleepLock: 'strangler.sleep_lock()',
  channel: 'strangler_outbox',
  settings: planning,
};

/** What a leadership begins with. */
export interface Term {
  term: number;
  life: number;
  confirmed: Position | null;
}

/** The relay's own connection. It runs every statement of the leadership. */
export class RelaySession extends LeaderSession {
  static async open(database: Database, module: string): Promise<RelaySession> {
    const session = new RelaySession(await database.session(), module, role);
    await session.begin();
    return session;
  }

  /** The term of a leadership: above all that were here. Undefined: this side has not proven itself, or is not paired. */
  async takeTerm(): Promise<Term | undefined> {
    const { rows } = await this.client.query<Term>(
      `insert into strangler.relay as r (module, term)
       select module, 1 from strangler.ownership o where module = $1 and peer is not null and strangler.is_proven(o)
       on conflict (module) do update set term = r.term + 1
       returning term::float8 as term, life::float8 as life,
         case when confirmed_term is not null then json_build_object('term', confirmed_term, 'seq', confirmed_seq) end as confirmed`,
      [this.module],
    );
    return rows[0];
  }

  /** The last term that this database knows of. */
  async term(): Promise<number> {
    const { rows } = await this.client.query<{ term: number }>(
      'select term::float8 as term from strangler.relay where module = $1',
      [this.module],
    );
    return rows[0]?.term ?? 0;
  }

  /** The last batch that whoever leads has had confirmed. */
  async confirmed(): Promise<Position | null> {
    const { rows } = await this.client.query<{ confirmed: Position | null }>(
      `select case when confirmed_term is not null then json_build_object('term', confirmed_term, 'seq', confirmed_seq) end as confirmed
       from strangler.relay where module = $1`,
      [this.module],
    );
    return rows[0]?.confirmed ?? null;
  }

  protected async isAnythingToDo(): Promise<boolean> {
    const { rows } = await this.client.query<{ any: boolean }>({
      name: 'any change',
      text: 'select exists (select from strangler.outbox where module = $1 and parked is null) as any',
      values: [this.module],
    });
    return rows[0]?.any === true;
  }
}
