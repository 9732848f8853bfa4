import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { untilBlocked } from '../../support/blocked.js';
import { refusal } from '../../support/failure.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, writeDown, type ToyHandlers } from '../../support/toy-executor.js';
import { undoIdOf } from '#strangler/calls/idempotency';
import { until } from '../../support/until.js';
import type { Executor } from '#strangler/calls/executor';

/*
 * A command arrives again under its id: from a caller who had no answer, from a broker that delivers twice, from a user
 * who clicks twice. It takes effect once, and everybody gets the answer of that once.
 */
const poolSize = 8;
/** Commands that this pool admits at a time: a read must never wait behind them. */
const admitted = 4;
let database: ToyDatabase;
let executor: Executor;
let handlers: ToyHandlers;

beforeAll(async () => (database = await toyDatabase({ poolSize })));
beforeEach(() => {
  ({ executor, handlers } = toyExecutor(database.dataSource));
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await database.query('truncate toy.effect, toy.idempotency');
});
afterAll(() => database.drop());

const ask = { name: 'A', amount: 1, text: null };
const claims = () => database.query<{ result: unknown }>('select result from toy.idempotency');

it('30 times at once: one effect, one answer for all', async () => {
  // The first holds its transaction open until all that are admitted beside it wait for it at the same command id.
  handlers.put = async (input) => {
    await writeDown(database.dataSource, 'put');
    await untilBlocked(database, admitted - 1);
    return { ...(input as object), text: randomUUID() };
  };
  const commandId = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => executor.execute('put', ask, commandId)),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await database.effects()).toEqual(['put']);
});

it('later, when all has changed: the answer of that time', async () => {
  const commandId = randomUUID();
  const first = await executor.execute('put', ask, commandId);
  handlers.put = () => Promise.reject(new Error('must not run again'));
  expect(await executor.execute('put', ask, commandId)).toEqual(first);
});

it('in another spelling or order of its fields: it is the same command', async () => {
  const commandId = randomUUID();
  await executor.execute('put', ask, commandId);
  await executor.execute('put', { text: null, amount: 1, name: ' a ' }, commandId);
  expect(await database.effects()).toEqual(['A']);
});

it.each([
  ['another input', 'put', { ...ask, amount: 2 }],
  ['another operation', 'take', ask],
])('with %s: refused, and nothing is done', async (_what, operation, input) => {
  const commandId = randomUUID();
  await executor.execute('put', ask, commandId);
  expect(await refusal(executor.execute(operation, input, commandId))).toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect(await database.effects()).toEqual(['A']);
});

it('with another input while the first still runs: refused once it is known what became of that one', async () => {
  handlers.put = async (input) => {
    await untilBlocked(database, 1);
    return input;
  };
  const commandId = randomUUID();
  const ended = await Promise.allSettled(
    [1, 2].map((amount) => executor.execute('put', { ...ask, amount }, commandId)),
  );
  expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'idempotency_key_reused' },
  });
});

it('after it failed: nothing is left of it, and under the same id it may be tried again, with other input too', async () => {
  const commandId = randomUUID();
  const { put } = handlers;
  handlers.put = async () => {
    await writeDown(database.dataSource, 'half');
    throw new Error('the disk is full');
  };
  expect(await refusal(executor.execute('put', ask, commandId))).toMatchObject({ code: 'internal' });
  expect([await database.effects(), await claims()]).toEqual([[], []]);
  handlers.put = put;
  expect(await executor.execute('put', { ...ask, amount: 2 }, commandId)).toMatchObject({ amount: 2 });
  expect(await database.effects()).toEqual(['A']);
});

it('while the first fails: the second one does it, not both and not none', async () => {
  let calls = 0;
  handlers.put = async (input) => {
    await writeDown(database.dataSource, 'put');
    if (++calls > 1) return input;
    await untilBlocked(database, 1);
    throw new Error('the disk is full');
  };
  const commandId = randomUUID();
  const ended = await Promise.allSettled([1, 2].map(() => executor.execute('put', ask, commandId)));
  expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await database.effects()).toEqual(['put']);
});

it('while the process that used its id first lets go of it: it is a new one, not another input', async () => {
  const commandId = randomUUID();
  const keeper = database.dataSource.createQueryRunner();
  await keeper.query(`insert into toy.idempotency values ($1, 'A', 'hash of a process', null)`, [commandId]);
  await keeper.startTransaction();
  await keeper.query(`select strangler.drop_claim('toy', $1, 'A')`, [commandId]);
  const done = executor.execute('put', ask, commandId);
  await untilBlocked(database, 1);
  await keeper.commitTransaction();
  expect(await done).toEqual(ask);
  expect(await database.effects()).toEqual(['A']);
  await keeper.release();
});

describe('over several keys', () => {
  const items = ['A', 'B', 'C', 'D'].map((name) => ({ name }));

  it('30 times at once: one effect, whatever the order of the keys in other commands', async () => {
    const [commandId, other] = [randomUUID(), randomUUID()];
    const calls = Array.from({ length: 30 }, (_, i) =>
      i % 2
        ? executor.execute('putAll', { items }, commandId)
        : executor.execute('putAll', { items: [...items].reverse() }, other),
    );
    await Promise.all(calls);
    expect((await database.effects()).sort()).toEqual(['ALL A B C D', 'ALL D C B A']);
  });

  it('for some of its keys, as a part of it: answered, and nothing is done', async () => {
    const commandId = randomUUID();
    await executor.execute('putAll', { items }, commandId);
    const part = items.slice(1, 3);
    expect(await executor.execute('putAll', { items: part }, commandId)).toEqual({ items: part });
    expect(await database.effects()).toEqual(['ALL A B C D']);
  });

  it('with more keys, in another group: only those that are new are done, and all are answered', async () => {
    const commandId = randomUUID();
    await executor.execute('putAll', { items: items.slice(0, 2) }, commandId);
    const more = [{ name: 'E' }, ...items];
    expect(await executor.execute('putAll', { items: more }, commandId)).toEqual({ items: more });
    expect(await database.effects()).toEqual(['ALL A B', 'ALL E C D']);
  });

  it('with another input for one of its keys: refused, and nothing is done', async () => {
    const commandId = randomUUID();
    await executor.execute('putAll', { items }, commandId);
    for (const changed of [
      [{ name: 'A', amount: 1 }],
      [...items.slice(0, 3), { name: 'D', amount: 1 }, { name: 'E' }],
    ]) {
      expect(await refusal(executor.execute('putAll', { items: changed }, commandId))).toMatchObject({
        code: 'idempotency_key_reused',
      });
    }
    expect(await database.effects()).toEqual(['ALL A B C D']);
    expect(await claims()).toHaveLength(items.length);
  });

  it('a key named twice counts once', async () => {
    await executor.execute('putAll', { items: [...items, ...items] }, randomUUID());
    expect(await claims()).toHaveLength(items.length);
  });
});

/* Whoever gives a command up takes it back; the command itself may still be on its way. */
describe('taken back', () => {
  const takeBack = (names: string[], undoOf: string) =>
    executor.execute('takeAll', { items: names.map((name) => ({ name })) }, undoIdOf(undoOf), { undoOf });
  const put = (names: string[], commandId: string) =>
    executor.execute('putAll', { items: names.map((name) => ({ name })) }, commandId);

  it('before it comes: it is refused when it comes, for those keys alone', async () => {
    const commandId = randomUUID();
    await takeBack(['A', 'B'], commandId);
    for (const names of [['A'], ['B', 'C']]) {
      expect(await refusal(put(names, commandId))).toMatchObject({ code: 'command_undone' });
    }
    await put(['C'], commandId);
    expect(await database.effects()).toEqual(['NONE A B', 'ALL C']);
  });

  it('after it was done: it is not done again, and taken back only once', async () => {
    const commandId = randomUUID();
    await put(['A'], commandId);
    await Promise.all([takeBack(['A'], commandId), takeBack(['A'], commandId)]);
    expect(await refusal(put(['A'], commandId))).toMatchObject({ code: 'command_undone' });
    expect(await database.effects()).toEqual(['ALL A', 'NONE A']);
  });

  it('while it is being done: the taking back waits until it is, and then takes it back', async () => {
    const commandId = randomUUID();
    const { putAll } = handlers;
    handlers.putAll = async (input) => {
      await untilBlocked(database, 1);
      return putAll(input);
    };
    const doing = put(['A'], commandId);
    await until('it is being done', async () => {
      const [found] = await database.query<{ open: number }>(
        `select count(*)::int as open from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'`,
      );
      return found?.open === 1 || undefined;
    });
    await Promise.all([doing, takeBack(['A'], commandId)]);
    expect(await database.effects()).toEqual(['ALL A', 'NONE A']);
    expect(await refusal(put(['A'], commandId))).toMatchObject({ code: 'command_undone' });
  });
});
