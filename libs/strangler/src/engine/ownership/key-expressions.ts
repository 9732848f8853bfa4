import type { Queryable } from '../../database/database.js';
import { keyOf, type MovingModule, type MovingTable } from '../../database/tables.js';

/** What PostgreSQL says of an expression that is to tell rows' routing keys (`strangler.key_expression`). */
interface Judged {
  /** Why it is refused; null: it is not. */
  problem: string | null;
  /** The columns that it uses. */
  columns: string[];
  /** As PostgreSQL writes it in an index. */
  definition: string;
  /** Of its values, without domains. */
  type: string;
  /** A collation by which different texts are equal; null: its own is not such a one. */
  loose: string | null;
  /** A function or an operator in it that follows the locale of the database; null: there is none. */
  locale: string | null;
}

/** The key of a table's rows as the rules of the check take it. */
interface GivenKey {
  sql: string;
  byKey: boolean;
  /** The columns that the key is made of; null: nothing says which. */
  columns: string[] | null;
  /** The expression, as PostgreSQL writes it in an index; null: it is a column. */
  expression: string | null;
}

/** The name under which the judge knows the row. */
const row = 'strangler_key';

/** The keys of all tables, and what is wrong with those that are expressions, in words. */
export async function tableKeysOf(
  on: Queryable,
  module: MovingModule,
  tables: readonly MovingTable[],
  types: readonly string[],
): Promise<{ keys: GivenKey[]; problems: string[] }> {
  const keys: GivenKey[] = [];
  const problems: string[] = [];
  for (const { name, sql } of tables) {
    const key = keyOf(module, name);
    const byKey = module.ownership === 'by-key';
    if (!key || 'column' in key) {
      keys.push({ sql, byKey, columns: key ? [key.column] : null, expression: null });
      continue;
    }
    const [judged] = await on.query<Judged>('select * from strangler.key_expression($1, $2)', [
      sql,
      key.sql(row),
    ]);
    const found = problemsOf(`the routing key of ${name}, ${key.sql('t')},`, judged!, types);
    problems.push(...found);
    // Of one that is refused nothing else is known.
    const { columns, definition } = judged!;
    if (found.length > 0) keys.push({ sql, byKey: false, columns: null, expression: null });
    else keys.push({ sql, byKey, columns, expression: definition });
  }
  return { keys, problems };
}

function problemsOf(
  which: string,
  { problem, columns, type, loose, locale }: Judged,
  types: readonly string[],
): string[] {
  if (problem !== null)
    return [
      `${which} cannot be told from a row alone (${problem}): make it of the row's own columns and immutable functions, which are named with their schema`,
    ];
  if (columns.length === 0)
    return [`${which} is made of no column, so all rows have one owner: say ownership whole`];
  if (!types.includes(type))
    return [
      `${which} is of type ${type}, which is written in more than one way: cast it to text, uuid or an integer`,
    ];
  if (loose !== null)
    return [
      `${which} has the collation ${loose}, which takes different texts for equal, which have different owners: add collate "C"`,
    ];
  if (locale !== null)
    return [
      `${which} follows the locale in ${locale}, and the other side's may be another one: say collate "C" of what that is given, as in lower(t.name collate "C")`,
    ];
  return [];
}
