import type { Database } from '../../database/database.js';
import type { Need } from '../terms/need.js';

/** What the leader of a module knows beyond the module's row: any process can then tell it. */
export interface Note {
  /** What stood in the way when it last tried; null: nothing but gates. */
  trouble: Need | null;
  /** The kind of the present wait; null: none. */
  wait: string | null;
  /** When that wait began, ms since 1970. */
  since: number;
}

const none: Note = { trouble: null, wait: null, since: 0 };

/** What was written is written again after this, in ms: another leader may have written meanwhile. */
const againMs = 5_000;

/** Notes of leaders, one a module. Written when they change. */
export class Notes {
  private readonly written = new Map<string, { text: string; at: number }>();

  constructor(private readonly database: Database) {}

  async read(module: string): Promise<Note> {
    const [note] = await this.database.query<Note>(
      `select trouble, wait, (extract(epoch from since) * 1000)::float8 as since from strangler.note where module = $1`,
      [module],
    );
    return note ?? none;
  }

  /** Writes down what is so from `now` on (ms since 1970). A wait of the same kind goes on: also under a new leader. */
  async write(module: string, { trouble, wait }: Omit<Note, 'since'>, now: number): Promise<void> {
    const text = JSON.stringify([trouble, wait]);
    const last = this.written.get(module);
    if (last?.text === text && performance.now() < last.at + againMs) return;
    await this.database.query(
      `insert into strangler.note as old (module, trouble, wait, since)
       values ($1, $2, $3, to_timestamp($4::float8 / 1000))
       on conflict (module) do update set trouble = excluded.trouble, wait = excluded.wait,
         since = case when old.wait is not distinct from excluded.wait then old.since else excluded.since end
       where (old.trouble, old.wait) is distinct from (excluded.trouble, excluded.wait)`,
      [module, trouble && JSON.stringify(trouble), wait, now],
    );
    this.written.set(module, { text, at: performance.now() });
  }
}
