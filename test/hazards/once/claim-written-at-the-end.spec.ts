import { dataSourceOptions } from '#platform';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { undoIdOf } from '#strangler/calls/idempotency';
import { untilBlocked } from '../../support/blocked.js';
import { refusal } from '../../support/failure.js';
import { toyExecutor, writeDown } from '../../support/toy-executor.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { until } from '../../support/until.js';

/*
 * The claim of a command id is written at the end, with the result. Until then only a lock tells of it; and whoever comes
 * out of the lock may look with a snapshot that is older than what the former holder has committed:
 *
 *   A  begin_command: takes the lock, finds nothing
 *   B  begin_command: takes its snapshot (REPEATABLE READ), waits for the lock
 *   A  does the work, writes the claim, commits
 *   B  has the lock, looks up: finds nothing, for its snapshot is from before
 */
let database: ToyDatabase;

beforeAll(async () => (database = await toyDatabase()));
beforeEach(() => jest.spyOn(Logger.prototype, 'error').mockReturnValue());
afterEach(async () => {
  jest.restoreAllMocks();
  await database.query('truncate toy.effect, toy.idempotency');
});
afterAll(() => database.drop());

const ask = { name: 'A', amount: 1, text: null };

/** Commands in transactions of this level. The first `put` waits until a second call waits for it. */
async function commands(level: string) {
  const url = new URL(database.url);
  url.searchParams.set('options', `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`);
  const dataSource = await new DataSource(dataSourceOptions(url.href, { poolSize: 4 })).initialize();
  const { executor, handlers } = toyExecutor(dataSource);
  const ran: string[] = [];
  handlers.put = handlers.putAll = async (input) => {
    ran.push('put');
    await writeDown(dataSource, 'put');
    if (ran.length === 1) await untilBlocked(database, 1);
    return input;
  };
  return { executor, ran, end: () => dataSource.destroy() };
}

describe.each(['read committed', 'repeatable read', 'serializable'])('twice at once, %s', (level) => {
  it('one effect, one answer', async () => {
    const { executor, ran, end } = await commands(level);
    const commandId = randomUUID();
    const answers = await Promise.all([1, 2].map(() => executor.execute('put', ask, commandId)));
    expect(answers).toEqual([ask, ask]);
    expect(await database.effects()).toEqual(['put']);
    // The second one ran in vain where its snapshot was too old, and nowhere else.
    expect(ran).toHaveLength(level === 'read committed' ? 1 : 2);
    await end();
  });

  it('with another input: refused', async () => {
    const { executor, end } = await commands(level);
    const commandId = randomUUID();
    const ended = await Promise.allSettled(
      [1, 2].map((amount) => executor.execute('put', { ...ask, amount }, commandId)),
    );
    expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'idempotency_key_reused' },
    });
    expect(await database.effects()).toEqual(['put']);
    await end();
  });

  it('while it is taken back: that waits until it is done, and it is refused from then on', async () => {
    const { executor, ran, end } = await commands(level);
    const [commandId, items] = [randomUUID(), [{ name: 'A' }, { name: 'B' }]];
    const doing = executor.execute('putAll', { items }, commandId);
    // Its first statement is over when it is at its work: the lock is its own.
    await until('it is being done', () => Promise.resolve(ran.length > 0 || undefined));
    await Promise.all([
      doing,
      executor.execute('takeAll', { items }, undoIdOf(commandId), { undoOf: commandId }),
    ]);
    expect(await database.effects()).toEqual(['put', 'NONE A B']);
    expect(await refusal(executor.execute('putAll', { items }, commandId))).toMatchObject({
      code: 'command_undone',
    });
    await end();
  });
});

it('someone who holds no lock has written the claim meanwhile: answered with what he has stored', async () => {
  const { executor, handlers } = toyExecutor(database.dataSource);
  const commandId = randomUUID();
  const stored = { ...ask, text: 'of the other' };
  handlers.put = async (input) => {
    await writeDown(database.dataSource, 'put');
    // Another run of the same, whose lock is cut off from it: its session was lost and its commit was not.
    await database.query(
      `insert into toy.idempotency select $1, 'A', hash, $2 from (
         select input_hash as hash from toy.idempotency where command_id = $3) other`,
      [commandId, JSON.stringify(stored), other],
    );
    return input;
  };
  const other = randomUUID();
  await toyExecutor(database.dataSource).executor.execute('put', ask, other);
  expect(await executor.execute('put', ask, commandId)).toEqual(stored);
  expect(await database.effects()).toEqual(['A']);
});

it('the claim is written once: no version of the row is left behind', async () => {
  await database.query(`
    create function toy.refuse() returns trigger language plpgsql as $$ begin raise 'written twice'; end $$;
    create trigger once before update on toy.idempotency for each row execute function toy.refuse()`);
  const { executor } = toyExecutor(database.dataSource);
  const items = [{ name: 'A' }, { name: 'B' }];
  expect(await executor.execute('putAll', { items }, randomUUID())).toEqual({ items });
  expect(await database.query('select result from toy.idempotency')).toHaveLength(2);
  await database.query('drop trigger once on toy.idempotency');
});
