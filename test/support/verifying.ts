import type { Side } from '#strangler/routes/phase';
import { Chunks, type ChunkControl } from '#strangler/engine/verify/chunks';
import { box, openSide, type TestSide } from './moving.js';

/** Both sides of a module, as verify asks them. */
export interface TestPair {
  readonly sides: Readonly<Record<Side, TestSide>>;
  readonly controls: Readonly<Record<Side, ChunkControl>>;
  /** Sets the border in both databases: buckets below belong to `extracted`. */
  own(extractedBelow: number): Promise<void>;
  drop(): Promise<void>;
}

/** Opens both sides of the module `box`, or of another one with its DDL by side. */
export async function openPair({
  module = box,
  ddl,
  capture = true,
}: { module?: typeof box; ddl?: Record<Side, string>; capture?: boolean } = {}): Promise<TestPair> {
  const open = (side: Side) => openSide(side, { capture, module, ...(ddl && { ddl: ddl[side] }) });
  const sides = { monolith: await open('monolith'), extracted: await open('extracted') };
  const control = ({ database, tables, side, ownership }: TestSide): ChunkControl =>
    Object.assign(new Chunks(database, tables, module.module, side), {
      state: async () => ({ ownership: await ownership.read(module.module) }),
    });
  const both = Object.values(sides);
  return {
    sides,
    controls: { monolith: control(sides.monolith), extracted: control(sides.extracted) },
    own: async (extractedBelow) => {
      for (const { query } of both)
        await query('update strangler.ownership set extracted_below = $1', [extractedBelow]);
    },
    drop: async () => {
      for (const side of both) await side.drop();
    },
  };
}

/** Writes on a side as the other side's rows are written: not captured, and in replica role. */
export const writeAsCopy = (side: TestSide, sql: string, params: unknown[] = []): Promise<void> =>
  side.database.transaction(async (q) => {
    await q.query('set local session_replication_role = replica');
    await q.query(`select set_config('strangler.applying', (select module from strangler.ownership), true)`);
    await q.query(sql, params);
  });

/**
 * Carries what is in a side's outbox of `box.thing` to the other side: a copier of the test's own, as plain as can be.
 * Resolves with the rows that it took.
 */
async function carryOnce(from: TestSide, to: TestSide): Promise<number> {
  // One statement, one snapshot: the images are at least as new as the outbox rows.
  const rows = await from.database.query<{ id: number; name: string; image: string | null }>(
    `select o.id, o.pk[1] as name, (select row_to_json(t)::text from box.thing t where t.name = o.pk[1]) as image
     from strangler.outbox_changes o where parked is null order by o.id limit 50`,
  );
  if (rows.length === 0) return 0;
  await writeAsCopy(
    to,
    `with given as (select * from json_to_recordset($1::json) r (name text, image json)),
     gone as (delete from box.thing t using given where t.name = given.name and given.image is null)
     insert into box.thing
     select distinct on (given.name) r.* from given, json_populate_record(null::box.thing, given.image) r
     where given.image is not null
     on conflict (name) do update set count = excluded.count, note = excluded.note`,
    [
      JSON.stringify(
        rows.map(({ name, image }) => ({ name, image: image && (JSON.parse(image) as object) })),
      ),
    ],
  );
  await from.database.query(`select strangler.detach_changes('box', $1, false)`, [rows.map(({ id }) => id)]);
  return rows.length;
}

/** Carries in both directions until it is stopped; then it takes what is left. */
export function carry({ sides: { monolith, extracted } }: TestPair): { stop(): Promise<void> } {
  let stopped = false;
  const loop = async (from: TestSide, to: TestSide) => {
    for (;;) {
      const last = stopped;
      const carried = await carryOnce(from, to);
      if (carried === 0 && last) return;
      if (carried === 0) await new Promise(setImmediate);
    }
  };
  const loops = Promise.all([loop(monolith, extracted), loop(extracted, monolith)]);
  return {
    stop: async () => {
      stopped = true;
      await loops;
    },
  };
}
