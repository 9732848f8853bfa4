import { openDatabase } from '#platform';
import type { Side } from 'nestjs-strangler';
import { absentDatabase, queryOnce, type TestDatabase } from './postgres.js';

/** A database of one side of a module, with tables that `sql` makes. */
export async function moduleDatabase(side: Side, sql: string): Promise<TestDatabase> {
  const { url, drop } = absentDatabase();
  await openDatabase(url, [], 'a test', side);
  await queryOnce(url, sql);
  return { url, drop, query: (text, params) => queryOnce(url, text, params) };
}
