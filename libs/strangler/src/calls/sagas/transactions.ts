import type { DataSource, EntityManager } from 'typeorm';
import type { Acknowledger, WrittenRows } from '../../database/acknowledger.js';
import { writtenRows } from '../idempotency.js';
import { inTransaction } from '../../database/transaction.js';
import { writeTold } from '../../database/told.js';
import type { RegisteredSaga } from './registered.js';

/** The transactions of sagas. After each, what it has written is waited for on the other side, where one is sent it. */
export class SagaTransactions {
  constructor(
    private readonly dataSource: DataSource,
    /** Whether the changes of a module are sent to another side now. */
    private readonly replicates: (module: string) => boolean,
    private readonly acknowledger: Acknowledger | undefined,
    /** Whether they are those of sagas that have begun: nobody refuses these for want of room. */
    private readonly begun: boolean,
  ) {}

  /** Runs `work` in one transaction that may span all modules of the saga. */
  async run<T>({ modules }: RegisteredSaga, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { acknowledger, begun } = this;
    const sent = acknowledger ? modules.filter(this.replicates) : [];
    if (!acknowledger || sent.length === 0) return inTransaction(this.dataSource, undefined, work, { begun });
    const [result, captured] = await inTransaction(
      this.dataSource,
      undefined,
      async (manager) => {
        const result = await work(manager);
        await writeTold();
        return [result, await capturedIn(manager, sent)] as const;
      },
      { begun },
    );
    await Promise.all(captured.map(({ module, rows }) => acknowledger.afterCommit(module, rows)));
    return result;
  }

  /** A caller is answered from what an earlier run has stored. */
  async hit({ operation }: RegisteredSaga, commandId: string, routingKey: string): Promise<void> {
    await this.acknowledger?.onHit(operation.module, commandId, [routingKey]);
  }
}

/** Rows of the open transaction that wait in the outbox, by module. */
async function capturedIn(
  manager: EntityManager,
  modules: readonly string[],
): Promise<{ module: string; rows: WrittenRows }[]> {
  const [row] = await manager.query<[{ written: (string | null)[] }]>(
    'select strangler.captured_rows($1) as written',
    [modules],
  );
  return modules
    .map((module, place) => ({ module, rows: writtenRows(row.written[place]) }))
    .filter(({ rows }) => rows.ids.length > 0);
}
