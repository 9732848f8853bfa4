import { Logger } from '@nestjs/common';
import { withContext } from 'nestjs-strangler';
import type { ToyDatabase } from './toy.js';
import { toyModules, toyModulesDatabase, type ToyRelease } from './toy-modules.js';

/** A saga as its table holds it. */
export interface StoredSaga {
  status: string;
  step: number;
  attempts: number;
  answered: boolean;
  version: number;
}

const names = ['shelf', 'till', 'desk'];

/** The toy modules for one test file: fresh for each test, on one database. */
export function toyDesk() {
  let database: ToyDatabase;
  let modules: ReturnType<typeof toyModules>;

  beforeAll(async () => (database = await toyModulesDatabase()));
  beforeEach(() => {
    modules = toyModules(database);
    jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    const tables = names.flatMap((name) => [`${name}.effect`, `${name}.idempotency`]);
    await database.query(`truncate desk.saga, ${tables.join(', ')}`);
  });
  afterAll(() => database.drop());

  return {
    get modules() {
      return modules;
    },
    get database() {
      return database;
    },
    /** The same modules as another process has them, with scripts of its own. */
    anotherProcess: (...away: string[]) => {
      const other = toyModules(database);
      other.away(...away);
      return other;
    },
    /** Calls as part of a request that ends at `deadline`. */
    within: <T>(deadline: number, work: () => T): T =>
      withContext({ requestId: 'hurried', deadline, servedBy: new Map() }, work),
    /** A process of another release, in which the saga is another one. */
    anotherRelease: (release: ToyRelease, ...away: string[]) => {
      const other = toyModules(database, { release });
      other.away(...away);
      return other;
    },
    /** What each module has written, in order. */
    effects: async () => ({
      shelf: await database.effects('shelf'),
      till: await database.effects('till'),
      desk: await database.effects('desk'),
    }),
    sagas: () =>
      database.query<StoredSaga>(
        'select status, step, attempts, answered, version from desk.saga order by created_at',
      ),
    /** The stored answers of commands; `null` while a process is on its way. */
    claims: () => database.query<{ result: unknown }>('select result from desk.idempotency'),
    /** Lets the time pass for which sagas wait, or in which their process may be alive. */
    timePasses: () => database.query('update desk.saga set due_at = now()'),
  };
}
