import {
  Repository,
  type DataSource,
  type EntityManager,
  type EntityTarget,
  type ObjectLiteral,
} from 'typeorm';
import { currentContext, withinContext } from './context.js';

/** SQLSTATEs after which the whole transaction may simply run again: serialization failure, deadlock. */
const transient = new Set(['40001', '40P01']);
const maxAttempts = 8;

/**
 * Runs `work` in one transaction that every repository and {@link managerOf} inside it uses. Starts it anew after a
 * serialization failure or a deadlock, so `work` must have no effect outside the database.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  module: string | undefined,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dataSource.transaction((manager) =>
        withinContext({ transaction: { manager, module } }, () => work(manager)),
      );
    } catch (error) {
      if (attempt === maxAttempts || !isTransient(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 ** attempt));
    }
  }
}

/** Whether the transaction may simply run again. */
export const isTransient = (error: unknown): boolean => transient.has(sqlState(error) ?? '');

/** The SQLSTATE of an error that came from PostgreSQL. */
export const sqlState = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** The manager of the open transaction, else the pool's. */
export const managerOf = (dataSource: DataSource): EntityManager =>
  currentContext()?.transaction?.manager ?? dataSource.manager;

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
