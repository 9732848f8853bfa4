import { DatabaseProbe } from '#platform';
import { randomUUID } from 'node:crypto';
import { Column, DataSource, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import type { Executor } from '#strangler/calls/executor';
import { transactionalRepository } from '#strangler/database/transaction';
import { outcomes } from '../../support/failure.js';
import { patientOptions } from '../../support/patient-options.js';
import { toyDatabase, type Ask, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, type ToyHandlers } from '../../support/toy-executor.js';

@Entity({ schema: 'toy', name: 'effect' })
class Effect {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'text' }) what: string;
}

/*
 * Each command holds one connection. If its service took a second one, N commands would hang for ever once N is the size
 * of the pool: each holds one and waits for another. And it would not see what it has itself written.
 */
const poolSize = 3;
let database: ToyDatabase;
let dataSource: DataSource;
let executor: Executor;
let handlers: ToyHandlers;
let rows: Repository<Effect>;

beforeAll(async () => {
  database = await toyDatabase({ poolSize: 1 });
  dataSource = await new DataSource(
    patientOptions(database.url, { poolSize, entities: [Effect] }),
  ).initialize();
  rows = transactionalRepository(dataSource, Effect);
});
beforeEach(() => ({ executor, handlers } = toyExecutor(dataSource)));
afterEach(() => database.query('truncate toy.effect, toy.idempotency'));
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

it('a service sees what its command has written, through every kind of access; others see it at the commit', async () => {
  handlers.put = async (input) => {
    const what = (input as Ask).name;
    await rows.insert({ what });
    await rows.save({ what: `${what} 2` });
    const seen = [
      await rows.countBy({ what }),
      (await rows.find()).length,
      await rows.createQueryBuilder('e').getCount(),
      (await rows.query<object[]>('select from toy.effect')).length,
      (await rows.manager.query<object[]>('select from toy.effect')).length,
    ];
    expect(seen).toEqual([1, 2, 2, 2, 2]);
    expect(await database.effects()).toEqual([]);
    return input;
  };
  await executor.execute('put', { name: 'A' });
  expect(await database.effects()).toEqual(['A', 'A 2']);
});

it('ten times as many commands as connections: all are done', async () => {
  handlers.put = async (input) => {
    await rows.insert({ what: (input as Ask).name });
    await rows.find();
    return input;
  };
  const names = Array.from({ length: 10 * poolSize }, (_, i) => `N-${i}`);
  await Promise.all(names.map((name) => executor.execute('put', { name }, randomUUID())));
  expect((await database.effects()).sort()).toEqual(names.sort());
});

it('a read does not wait for commands; what is too much is refused at once, and nothing of it is done', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  handlers.put = async (input) => {
    await rows.insert({ what: (input as Ask).name });
    await held;
    return input;
  };
  handlers.look = async (input) => {
    await rows.find();
    return input;
  };
  const commands = Array.from({ length: 250 }, (_, i) => executor.execute('put', { name: `N-${i}` }));
  const ended = outcomes(commands);
  const reads = Array.from({ length: 20 }, () => executor.execute('look', { name: 'A' }));
  expect(await Promise.all(reads)).toHaveLength(20);
  // Nor does readiness: a load balancer would take away a process that only has much to do.
  const probe = new DatabaseProbe(database.url);
  await probe.check();
  await probe.close();
  expect(await database.effects()).toEqual([]);
  release();
  // One runs, as this pool is small; 200 wait for it, and on a busy machine some of them too long.
  const { ok = 0, unavailable = 0 } = await ended;
  expect(ok + unavailable).toBe(250);
  expect(unavailable).toBeGreaterThanOrEqual(49);
  expect(await database.effects()).toHaveLength(ok);
});

it('outside a command a repository works as any other', async () => {
  await rows.insert({ what: 'outside' });
  expect(await rows.findOneByOrFail({ what: 'outside' })).toMatchObject({ what: 'outside' });
});
