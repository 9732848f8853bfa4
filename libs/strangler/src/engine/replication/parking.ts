import type { ClientBase } from 'pg';
import { literal, type MovingTable } from '../../database/tables.js';
import type { ChunkPlace, ChunkRead } from './read-batch.js';
import { comparePk, pkOrder } from '../../database/row-sql.js';

/** Why a change is set aside whose table the process that sends does not name, in SQL over its row. */
export const unnamedReason = `'the module has no table ' || table_name || ' any more'`;

/** Sets rows aside that can never be stored as they are. They stay in the outbox, and block nothing but themselves. */
export class Parking {
  constructor(
    private readonly module: string,
    private readonly tables: readonly MovingTable[],
  ) {}

  /**
   * `ids`: outbox rows, as PostgreSQL writes an array. Of several that name one row the last stays: else a row that is written
   * all the time would fill the outbox, and each of its changes would be read with all of those before.
   */
  async changes(on: ClientBase, ids: string, reason: string): Promise<void> {
    const later = 'n.id > o.id and n.table_name = o.table_name and n.pks = o.pks and n.keys = o.keys';
    await on.query('select strangler.detach_changes($1, $2, true)', [this.module, ids]);
    await on.query(
      `with named as materialized (
         select id, table_name, pks, keys from strangler.outbox where module = $1 and id = any($2::bigint[])
       ), forgotten as (
         delete from strangler.outbox o using named n
         where o.module = $1 and (o.parked is not null or o.id = any($2::bigint[])) and ${later}
         returning o.*
       ), reported as (
         insert into strangler.given_up (module, id, table_name, pk, key, why, parked)
         select module, id, table_name, pks[1]::text[], keys[1], $3, true from forgotten on conflict do nothing
       )
       update strangler.outbox o set parked = $3
       where o.module = $1 and o.id = any($2::bigint[]) and not exists (select from named n where ${later})`,
      [this.module, ids, reason],
    );
  }

  /** The oldest change, where not even reading its row succeeds. Returns its id, as an array. */
  async oldestChange(on: ClientBase, reason: string): Promise<string> {
    const { rows } = await on.query<{ id: string }>(
      'select id::text from strangler.outbox where module = $1 and parked is null order by id limit 1',
      [this.module],
    );
    const ids = `{${rows.map(({ id }) => id).join()}}`;
    await on.query('select strangler.detach_changes($1, $2, true)', [this.module, ids]);
    await on.query('update strangler.outbox set parked = $3 where module = $1 and id = any($2::bigint[])', [
      this.module,
      ids,
      reason,
    ]);
    return ids;
  }

  /** Changes of tables that the module names no more: nobody knows how to send them. */
  async ofOtherTables(on: ClientBase): Promise<void> {
    const params = [this.module, this.tables.map(({ name }) => name)];
    const ofOthers = 'module = $1 and parked is null and table_name <> all($2::text[])';
    await on.query(
      `select strangler.detach_changes($1, array(select id from strangler.outbox_changes where ${ofOthers}), true)`,
      params,
    );
    await on.query(`update strangler.outbox set parked = ${unnamedReason} where ${ofOthers}`, params);
  }

  /** Of the tables that are named, what was set aside by a process of another release, which does not name them. */
  async fetchBack(on: ClientBase): Promise<void> {
    await on.query(
      `update strangler.outbox set parked = null
       where module = $1 and parked = ${unnamedReason} and table_name = any($2::text[])`,
      [this.module, this.tables.map(({ name }) => name)],
    );
  }

  /** Rows of a chunk that are too large. The chunk goes on without them. */
  async ofChunk(on: ClientBase, { position, tooLarge }: ChunkRead, limit: number): Promise<void> {
    for (const { pk, key, bytes } of tooLarge) {
      await on.query(
        `insert into strangler.outbox (module, table_name, pks, keys, count, low, high, parked)
         select $1, $2, array[$3::text[]::text], array[$4], 1, b, b, $5 from strangler.bucket($1, $4) b
         where not exists (select from strangler.outbox where module = $1 and parked is not null
           and table_name = $2 and pks = array[$3::text[]::text] and keys = array[$4])`,
        [this.module, position.table, pk, key, tooLargeReason(bytes, limit)],
      );
    }
  }

  /** The next row that the backfill would copy. From then on the backfill leaves it out. */
  async nextOfChunk(on: ClientBase, { table: name, after }: ChunkPlace, reason: string): Promise<void> {
    const table = this.tables.find((own) => own.name === name)!;
    await on.query(
      `insert into strangler.outbox (module, table_name, pks, keys, count, low, high, parked)
       select $1, ${literal(name)}, array[${table.pk('t')}::text], array[${table.key('t')}], 1, ${table.bucket('t')}, ${table.bucket('t')}, $2
       from ${table.sql} t, strangler.ownership o
       where o.module = $1 and strangler.owned_by(o, ${table.bucket('t')})
         and ${after ? comparePk(table, 't', '>', '$3::text[]') : '$3::text[] is null'}
         and not exists (select from strangler.outbox p where p.module = $1 and p.parked is not null
           and p.table_name = ${literal(name)} and p.pks = array[${table.pk('t')}::text] and p.keys = array[${table.key('t')}])
       order by ${pkOrder(table, 't')} limit 1`,
      [this.module, reason, after],
    );
  }
}

/** `bytes` of a row, as text, against what goes over. */
export const tooLargeReason = (bytes: number, limit: number): string =>
  `row of ${bytes} bytes, of which at most ${limit} go over: make it smaller, or keep what is so large elsewhere`;
