import type { Queryable } from '../../database/database.js';

/** A transaction that may have written rows of a module and is still open. A fence would wait for it. */
export interface OldWriter {
  /** Of its session; null: it is prepared (two-phase commit), and belongs to no session. */
  pid: number | null;
  /** The name under which it is prepared; null: it is not. */
  prepared: string | null;
  /** When it began (RFC 3339); null: this role may not see it (`pg_read_all_stats`). */
  since: string | null;
  /** As in `pg_stat_activity`: `idle in transaction` waits for its program. */
  state: string | null;
  /** Its last statement, without any value; null: not known. */
  query: string | null;
}

/** Of a statement so many characters are shown. */
const shownLength = 120;

/** What may hold a value, or text like one; a quoted identifier is matched, so that nothing inside of it is. */
const parts = new RegExp(
  [
    /(?<name>"(?:[^"]|"")*(?:"|$))/,
    /(?<comment>--[^\n]*|\/\*[^]*?(?:\*\/|$))/,
    /(?<![\w$])[eE]'(?:\\[^]|''|[^'\\])*(?:'|$)/,
    /'(?:[^']|'')*(?:'|$)/,
    /(?<![\w$])\$(?<tag>[A-Za-z_]\w*)?\$[^]*?(?:\$\k<tag>\$|$)/,
    /(?<![\w$])(?:\d[\w.]*|\.\d+)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/**
 * A statement without the values that stand in it: each becomes `?`, comments go. What PostgreSQL has cut off inside of a literal is
 * a literal to its end. Not for standard_conforming_strings = off.
 */
export function statementWithoutValues(sql: string): string {
  const bare = sql.replace(parts, (...match: unknown[]) => {
    const { name, comment } = match.at(-1) as { name?: string; comment?: string };
    return name ?? (comment === undefined ? '?' : ' ');
  });
  const line = bare.replace(/\s+/g, ' ').trim();
  return line.length > shownLength ? `${line.slice(0, shownLength)}…` : line;
}

/** Says who these writers are, by their virtual transactions; who has ended meanwhile is left out. */
export async function describeWriters(on: Queryable, writers: readonly string[]): Promise<OldWriter[]> {
  const found = await on.query<OldWriter>(
    `select l.pid, p.gid as prepared, coalesce(a.xact_start, p.prepared) as since, a.state,
       case when a.xact_start is not null then a.query end as query
     from (select distinct pid, virtualtransaction from pg_locks where virtualtransaction = any($1)) l
     left join pg_stat_activity a on a.pid = l.pid
     left join pg_prepared_xacts p on l.pid is null and l.virtualtransaction = '-1/' || p.transaction
     order by since`,
    [writers],
  );
  return found.map((writer) => ({ ...writer, query: writer.query && statementWithoutValues(writer.query) }));
}

/** An old writer in words. */
export function writerInWords({ pid, prepared, since, state, query }: OldWriter): string {
  const who = prepared === null ? `pid ${pid}` : `the prepared transaction ${prepared}`;
  const seen = [`open since ${since ?? 'nobody knows when'}`, ...(state === null ? [] : [state])];
  return `${who} (${seen.join(', ')}${query === null ? '' : `, last statement: ${query}`})`;
}

/** How an operator ends it, in SQL. */
export const endOf = ({ pid, prepared }: OldWriter): string =>
  prepared === null
    ? `select pg_terminate_backend(${pid})`
    : `rollback prepared '${prepared.replaceAll("'", "''")}'`;
