import { ContinuityStore } from '../../engine/continuity/store.js';
import { reachedBy, takeOver } from '../../engine/continuity/take-over.js';
import { buckets } from '../../routes/bucket.js';
import { Database } from '../../database/database.js';
import { identify } from '../../engine/ownership/ownership.js';
import { advancingSequences } from '../../engine/ownership/sequences.js';
import type { Phase } from '../../routes/phase.js';
import { sqlOfTable } from '../../database/tables.js';
import { judgeDirectly, type DirectVerb, type FoundDirectly } from './direct-rules.js';
import { History } from '../store/history.js';
import type { ActionAnswer } from './operator.js';
import { RefusedError } from '../terms/refused.js';

/**
 * What an operator asks of a database while no controller answers.
 *
 * @internal
 */
export interface DirectAct {
  module: string;
  verb: DirectVerb;
  iHaveFencedIt: boolean;
  dryRun: boolean;
}

/** `noted`: it stands in the history of that database; what only looked, or found nothing to do, does not. */
export type DirectAnswer = ActionAnswer & { noted: boolean };

/** A statement that takes longer, or waits longer for a lock, fails, in ms: an operator is not left without an answer. */
const session = { statement_timeout: 10_000, lock_timeout: 5_000 };

/**
 * Carries out a verb in the database of one side, without any of its processes: for when the monolith, and its controller with it, is
 * lost. It is written into the history of that database. Done again it changes nothing.
 * @throws {RefusedError} when it is the wrong database, or may not be done; no message tells the password of `url`.
 *
 * @internal
 */
export async function actDirectly(url: string, act: DirectAct): Promise<DirectAnswer> {
  const database = new Database(url, { session, max: 2 });
  try {
    return await actOn(database, act);
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw new RefusedError(`${nameOf(url)}: ${withoutPassword(url, (error as Error).message)}`);
  } finally {
    await database.close();
  }
}

async function actOn(database: Database, act: DirectAct): Promise<DirectAnswer> {
  const { module, verb, dryRun, iHaveFencedIt } = act;
  const found = await look(database, module);
  const { epoch } = found.standpoint;
  const { plan, done, refusal } = judgeDirectly(verb, module, found, {
    iHaveFencedIt,
    epochAfter: reachedBy(epoch),
  });
  const answer = { module, verb, dryRun, plan: [...plan], noted: false };
  if (dryRun) return { ...answer, ...(refusal !== undefined && { refusal }) };
  const journal = await journalOf(database, act, found);
  if (refusal !== undefined) {
    await journal('refused', refusal);
    throw new RefusedError(refusal);
  }
  if (done) return answer;
  await journal('begun', plan.join('; '));
  if (!(await carryOut(database, act, found))) {
    const changed = 'the database, or its server, has changed this moment: look again';
    await journal('failed', changed);
    throw new RefusedError(changed);
  }
  await journal('done', null);
  return { ...answer, noted: true };
}

async function carryOut(
  database: Database,
  { module, verb }: DirectAct,
  found: FoundDirectly,
): Promise<boolean> {
  const store = new ContinuityStore(database, module);
  const { epoch, start } = found.standpoint;
  // Where it was moved it is another one from now on: else its first process would see that, and take the word away that is given here.
  await identify(database);
  if (verb === 'serve-unproven') return store.proveStart(start, 'operator');
  // First: nobody writes the other side's keys here yet. That a sequence is ahead does no harm.
  const tables = await capturedTables(database, module);
  await database.together(await advancingSequences(database, tables));
  return takeOver(database, module, { epoch, tables });
}

/** Those that have the triggers: what is not captured is not the module's. */
async function capturedTables(database: Database, module: string): Promise<{ name: string; sql: string }[]> {
  const named = await database.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and strpos(c.relname, '.') = 0
     union select table_name from strangler.captured_table where module = $1`,
    [module],
  );
  const tables = named.map(({ name }) => ({ name, sql: sqlOfTable(module, name) }));
  const captured = await database.query<{ sql: string }>(
    `select sql from unnest($1::text[]) sql join pg_trigger t on t.tgrelid = to_regclass(sql)
     where t.tgname = 'strangler_insert' and t.tgparentid = 0 order by t.tgrelid`,
    [tables.map(({ sql }) => sql)],
  );
  return captured.flatMap(({ sql }) => tables.filter((table) => table.sql === sql));
}

/** @throws {RefusedError} when the module is not there. */
async function look(database: Database, module: string): Promise<FoundDirectly> {
  const [schema] = await database.query<{ there: boolean }>(
    `select to_regclass('strangler.ownership') is not null and to_regclass('strangler.database') is not null as there`,
  );
  const [place] = await database.query<{ name: string }>('select current_database() as name');
  if (!schema?.there)
    throw new RefusedError(`the database ${place?.name} is of no side of the shop: is it the right one?`);
  const rows = await database.query<{ module: string; side: string; heardMs: number | null; moved: boolean }>(
    `select o.module, o.side, (extract(epoch from clock_timestamp() - a.at) * 1000)::float8 as "heardMs",
       o.home <> strangler.home() as moved
     from strangler.ownership o left join strangler.applied a using (module) order by o.module`,
  );
  const row = rows.find((each) => each.module === module);
  if (!row) {
    const there = rows.map((each) => `${each.module} (${each.side})`).join(', ') || 'none';
    throw new RefusedError(`the database ${place?.name} has no module ${module}; it has: ${there}`);
  }
  return {
    standpoint: await new ContinuityStore(database, module).read(),
    heardMs: row.heardMs,
    moved: row.moved,
  };
}

/** Nobody has logged in: who it was, the database says. */
async function journalOf(database: Database, { module, verb }: DirectAct, { standpoint }: FoundDirectly) {
  const [who] = await database.query<{ name: string }>('select session_user as name');
  const history = new History(database);
  const from = phaseAt(standpoint.extractedBelow);
  return (outcome: 'begun' | 'done' | 'refused' | 'failed', reason: string | null): Promise<void> =>
    history.add(
      {
        module,
        actor: `${who?.name}, directly`,
        action: verb,
        from,
        to: outcome === 'done' && verb === 'failover' ? 'extracted' : from,
        outcome,
        reason,
        figures: { epoch: standpoint.epoch },
      },
      database,
    );
}

/** The phase itself is only known to the monolith. */
const phaseAt = (extractedBelow: number): Phase =>
  extractedBelow === 0 ? 'dual-write' : extractedBelow === buckets ? 'extracted' : 'shifting';

/** A database as messages name it. */
function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `the database ${pathname.slice(1)} at ${host}`;
}

function withoutPassword(url: string, message: string): string {
  const { password } = new URL(url);
  return [password, decodeURIComponent(password)]
    .filter(Boolean)
    .reduce((text, secret) => text.replaceAll(secret, '***'), message);
}
