import type { Database } from '../../database/database.js';
import type { Need } from '../terms/need.js';
import type { GateView } from '../terms/views.js';

/** What the leader of a module knows beyond the module's row: any process can then tell it. */
export interface Note {
  /** What stood in the way when it last tried; null: nothing but gates. */
  trouble: Need | null;
  /** The kind of the present wait; null: none. */
  wait: string | null;
  /** When that wait began, ms since 1970. */
  since: number;
  /** By name: the state of each gate that the next step waits for, and when it became so, ms since 1970. */
  gates: Readonly<Record<string, GateNote>>;
}

export interface GateNote {
  state: GateView['state'];
  since: number;
}

/** What is so now. */
export interface Noted extends Pick<Note, 'trouble' | 'wait'> {
  gates: readonly Pick<GateView, 'name' | 'state'>[];
}

const none: Note = { trouble: null, wait: null, since: 0, gates: {} };

/** What was written is written again after this, in ms: another leader may have written meanwhile. */
const againMs = 5_000;

/** Notes of leaders, one a module. Written when they change. */
export class Notes {
  private readonly written = new Map<string, { text: string; at: number }>();

  constructor(private readonly database: Database) {}

  async read(module: string): Promise<Note> {
    const [note] = await this.database.query<Note>(
      `select trouble, wait, (extract(epoch from since) * 1000)::float8 as since, gates
       from strangler.note where module = $1`,
      [module],
    );
    return note ?? none;
  }

  /** Writes down what is so from `now` on (ms since 1970). A wait of the same kind goes on, and a gate's state: also under a new leader. */
  async write(module: string, { trouble, wait, gates }: Noted, now: number): Promise<void> {
    const states = Object.fromEntries(gates.map(({ name, state }) => [name, state]));
    const text = JSON.stringify([trouble, wait, states]);
    const last = this.written.get(module);
    if (last?.text === text && performance.now() < last.at + againMs) return;
    await this.database.query(
      `with gates as (
         select coalesce(jsonb_object_agg(name, case when was ->> 'state' = state then was
           else jsonb_build_object('state', state, 'since', $4::float8) end), '{}') as now
         from (select name, state, (select gates -> name from strangler.note where module = $1) as was
               from jsonb_each_text($5) as asked (name, state)) each
       )
       insert into strangler.note as old (module, trouble, wait, since, gates)
       select $1, $2, $3, to_timestamp($4::float8 / 1000), gates.now from gates
       on conflict (module) do update set trouble = excluded.trouble, wait = excluded.wait, gates = excluded.gates,
         since = case when old.wait is not distinct from excluded.wait then old.since else excluded.since end
       where (old.trouble, old.wait, old.gates) is distinct from (excluded.trouble, excluded.wait, excluded.gates)`,
      [module, trouble && JSON.stringify(trouble), wait, now, JSON.stringify(states)],
    );
    this.written.set(module, { text, at: performance.now() });
  }
}
