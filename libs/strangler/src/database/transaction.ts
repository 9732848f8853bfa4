import {
  Repository,
  type DataSource,
  type EntityManager,
  type EntityTarget,
  type ObjectLiteral,
} from 'typeorm';
import { DomainError } from '../contract/errors.js';
import { Admission } from './admission.js';
import { currentContext, withinContext } from './context.js';
import { isTransient } from './sql-state.js';
import { writeTold } from './told.js';

/** Beside the commands some connections stay free, so that a read never waits behind a command. */
const shareOfCommands = 0.6;
const waiting = 200;

const busy = () =>
  new DomainError(
    'unavailable',
    { retryAfterSeconds: 1 },
    'too many commands are being carried out just now',
  );

interface PoolOptions {
  poolSize?: number;
  extra?: { connectionTimeoutMillis?: number };
}

const admissionsByPool = new WeakMap<DataSource, Admission>();

/** The commands that may be inside of a transaction at a time, in one process: it is they that hold connections. */
function admissionOf(dataSource: DataSource): Admission {
  let admission = admissionsByPool.get(dataSource);
  if (!admission) {
    const { poolSize = 10, extra } = dataSource.options as PoolOptions;
    const running = Math.max(1, Math.floor(poolSize * shareOfCommands));
    // As long as a connection itself is waited for.
    const waitMs = extra?.connectionTimeoutMillis || 3_000;
    admission = new Admission('commands', { running, waiting, waitMs }, busy);
    admissionsByPool.set(dataSource, admission);
  }
  return admission;
}

const maxAttempts = 8;

/**
 * Runs `work` in one transaction that every repository and {@link managerOf} inside it uses. Starts it anew after a
 * serialization failure or a deadlock, so `work` must have no effect outside the database. Only so many run at a time in a
 * process; nobody inside waits for a second turn, for there are no transactions inside of transactions. `begun`: a saga that
 * goes on. @throws `unavailable` when too many wait: nothing was done.
 */
export function inTransaction<T>(
  dataSource: DataSource,
  module: string | undefined,
  work: (manager: EntityManager) => Promise<T>,
  { begun = false } = {},
): Promise<T> {
  return admissionOf(dataSource).run(() => attempts(dataSource, module, work), { begun });
}

async function attempts<T>(
  dataSource: DataSource,
  module: string | undefined,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dataSource.transaction((manager) =>
        withinContext({ transaction: { manager, module, told: [] } }, async () => {
          const result = await work(manager);
          await writeTold();
          return result;
        }),
      );
    } catch (error) {
      if (attempt === maxAttempts || !isTransient(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 ** attempt));
    }
  }
}

/** The manager of the open transaction, else the pool's. */
export const managerOf = (dataSource: DataSource): EntityManager =>
  currentContext()?.transaction?.manager ?? dataSource.manager;

/** Whose manager that is. TypeORM 0.3 calls it `connection`. */
export function dataSourceOf(manager: EntityManager): DataSource {
  const { dataSource, connection } = manager as { dataSource?: DataSource; connection: DataSource };
  return dataSource ?? connection;
}

/**
 * A repository that works in the transaction of the running command. A plain one would take a second connection from
 * the pool: it would not see the command's own writes, and N such commands hang for ever once N is the pool's size.
 */
export function transactionalRepository<T extends ObjectLiteral>(
  dataSource: DataSource,
  entity: EntityTarget<T>,
): Repository<T> {
  const repository = new Repository<T>(entity, dataSource.manager);
  return Object.defineProperties(repository, {
    manager: { get: () => managerOf(dataSource) },
    queryRunner: { get: () => managerOf(dataSource).queryRunner },
  });
}
