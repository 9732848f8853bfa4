import type { Database } from '../../database/database.js';
import type { Side } from '../../routes/phase.js';
import type { OwnershipRow } from '../ownership/ownership.js';
import type { ChunkHash, ChunkRange, ChunkRows, VerifyRow } from './chunk.js';
import { rowBytes } from '../../database/row-bytes.js';
import { quoted, type MovingTable } from '../../database/tables.js';
import { fieldBytes, fieldsOf, fingerprintOf, comparedFormOf } from './form.js';
import { orderOf, within } from './keyset.js';

/** What verify asks of a side. */
export interface ChunkControl extends ChunkRows {
  state(): Promise<{ ownership: OwnershipRow }>;
}

type AsSide = { as: Side };

/**
 * The rows of one side in chunks, for comparison. Reads by its own SQL: it shares nothing with the code that copies rows,
 * so that a fault there is found here.
 */
export class Chunks implements ChunkRows {
  private readonly tables: ReadonlyMap<string, MovingTable>;

  constructor(
    private readonly database: Database,
    tables: readonly MovingTable[],
    private readonly module: string,
    private readonly side: Side,
  ) {
    this.tables = new Map(tables.map((table) => [table.name, table]));
  }

  /** Rows of all tables: counted, so that progress has an end. */
  async total(): Promise<number> {
    const counts = [...this.tables.values()].map(({ sql }) => `(select count(*) from ${sql})`);
    const [row] = await this.database.query<{ total: number }>(
      `select (${counts.join(' + ') || 0})::bigint as total`,
    );
    return row!.total;
  }

  /**
   * The primary key of the last of the next rows of the range: at most `rows`, and at least one, of at most `bytes` if that is given (as
   * they are, or `cut` as `chunkRows` answers them); null: it has no rows.
   */
  async chunkEnd(of: {
    table: string;
    after: string[] | null;
    upTo?: string[] | null;
    rows: number;
    bytes?: number;
    cut?: boolean;
  }): Promise<string[] | null> {
    const table = this.table(of.table);
    const range = within(table, of, 3);
    const { primaryKey } = table;
    const size = rowBytes(table, 't', of.cut ? fieldBytes : undefined);
    const columns = primaryKey.map(({ name }) => `t.${quoted(name)}`).join(', ');
    // Only one row's key becomes text. What is kept outside of the rows is measured without being read.
    const [found] = await this.database.query<{ end: string[] }>(
      `select ${table.pk('t')} as end from (
         select *, row_number() over (rows unbounded preceding) as strangler_place,
           sum(strangler_bytes) over (rows unbounded preceding) as strangler_total
         from (
           select ${columns}, ${size} as strangler_bytes from ${table.sql} t
           where ${range.sql} order by ${orderOf(table)} limit $1) t
       ) t where strangler_place = 1 or strangler_total <= coalesce($2::bigint, strangler_total)
       order by strangler_place desc limit 1`,
      [of.rows, of.bytes ?? null, ...range.params],
    );
    return found?.end ?? null;
  }

  async chunkHash(of: ChunkRange & AsSide): Promise<ChunkHash> {
    const table = this.table(of.table);
    const range = within(table, of, 1);
    // Without `offset 0` the planner would compute each fingerprint twice, once for either sum.
    const [chunk] = await this.database.query<ChunkHash>(
      `select count(*) as rows, coalesce(sum(hash), 0) || '/' || coalesce(bit_xor(hash), 0) as hash
       from (select ${fingerprintOf(comparedFormOf(table, this.side, of.as))} as hash
             from ${table.sql} t where ${range.sql} offset 0) fingerprints`,
      range.params,
    );
    return chunk!;
  }

  async chunkRows(of: ChunkRange & AsSide): Promise<VerifyRow[]> {
    const table = this.table(of.table);
    const range = within(table, of, 1);
    const columns = comparedFormOf(table, this.side, of.as);
    const rows = await this.database.query<Omit<VerifyRow, 'fields'> & { fields: (string | null)[] }>(
      `select ${table.pk('t')} as pk, ${table.key('t')} as key, ${table.bucket('t')} as bucket,
         t.xmin::text as version, ${fieldsOf(columns)} as fields
       from ${table.sql} t where ${range.sql} order by ${orderOf(table)}`,
      range.params,
    );
    return rows.map(({ fields, ...row }) => ({
      ...row,
      fields: Object.fromEntries(columns.map(({ name }, i) => [name, fields[i] ?? null])),
    }));
  }

  async inFlight(of: { table: string; pks: string[][] }): Promise<string[][]> {
    const rows = await this.database.query<{ pk: string[] }>(
      `with wanted as materialized (
         select array_agg(array(select json_array_elements_text(pk))::text) as pks from json_array_elements($3::json) pk)
       select distinct pk::text[] as pk from wanted, strangler.outbox o cross join unnest(o.pks) pk
       where o.module = $1 and o.table_name = $2 and o.pks && wanted.pks and pk = any(wanted.pks)`,
      [this.module, of.table, JSON.stringify(of.pks)],
    );
    return rows.map(({ pk }) => pk);
  }

  /**
   * Only rows whose bucket this side owns: a receiver refuses its own buckets, and would be asked again for ever. Entered
   * like a write, so that a hand-off waits for it and drains what it has left.
   */
  async resend(of: { table: string; rows: { pk: string[]; key: string }[] }): Promise<number> {
    const [sent] = await this.database.query<{ count: number }>(
      `with entered as materialized (select strangler.enter($1) as ownership),
       wanted as (
         select array(select json_array_elements_text(given -> 'pk')) as pk, given ->> 'key' as key,
           strangler.bucket($1, given ->> 'key') as bucket
         from json_array_elements($3::json) given),
       owned as materialized (
         select array_agg(pk::text) as pks, array_agg(key) as keys, min(bucket) as low, max(bucket) as high
         from entered, wanted where strangler.owned_by(ownership, bucket))
       select coalesce(cardinality(pks), 0) as count,
         strangler.record_changes($1, $2, pks, keys, low, high), pg_notify('strangler_outbox', $1) from owned`,
      [this.module, this.table(of.table).name, JSON.stringify(of.rows)],
    );
    return sent!.count;
  }

  private table(name: string): MovingTable {
    const table = this.tables.get(name);
    if (!table) throw new Error(`${this.module} has no table ${name} that moves`);
    return table;
  }
}
