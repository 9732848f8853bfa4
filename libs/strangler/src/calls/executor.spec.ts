import { contract } from '../contract/contract.js';
import { DomainError } from '../contract/errors.js';
import { Logger } from '@nestjs/common';
import { refusal } from '../../../../test/support/failure.js';
import { toy, toyDatabase, type ToyDatabase } from '../../../../test/support/toy.js';
import { toyExecutor, writeDown, type ToyHandlers } from '../../../../test/support/toy-executor.js';
import type { Caller } from '../contract/caller.js';
import { currentContext, withContext } from '../database/context.js';
import { Executor } from './executor.js';
import { LocalModules } from './local-modules.js';
import { Router } from './router.js';
import { routeOf, Routes } from '../routes/routes.js';

let database: ToyDatabase;
let executor: Executor;
let handlers: ToyHandlers;
let log: jest.SpyInstance;

beforeAll(async () => (database = await toyDatabase({ modules: ['toy', 'other'] })));
beforeEach(() => {
  ({ executor, handlers } = toyExecutor(database.dataSource));
  log = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await database.query('truncate toy.effect, toy.idempotency, other.effect, other.idempotency');
});
afterAll(() => database.drop());

const inRequest = <T>(work: () => T): T => withContext({ requestId: 'request-1', servedBy: new Map() }, work);

describe('who asks', () => {
  const actor = { id: 'ann', role: 'user', version: 1 };
  const asked = <T>(caller: Caller, work: () => T): T =>
    withContext({ requestId: 'request-1', servedBy: new Map(), caller }, work);

  it('a client gets nothing that is for modules, and nothing is done', async () => {
    const put = () => executor.execute('put', { name: 'A' });
    const client: Caller = { program: 'gateway', as: 'client', actor };
    expect(await refusal(asked(client, put))).toMatchObject({ code: 'forbidden' });
    expect(await database.effects()).toEqual([]);
    await asked({ ...client, program: 'desk', as: 'module' }, put);
    expect(await database.effects()).toEqual(['A']);
  });

  it('a program gets nothing that its list does not name', async () => {
    const { executor: listed } = toyExecutor(database.dataSource, { lists: { desk: { toy: ['look'] } } });
    const desk: Caller = { program: 'desk', as: 'module' };
    expect(await asked(desk, () => listed.execute('look', { name: 'A' }))).toEqual({ name: 'A' });
    expect(await refusal(asked(desk, () => listed.execute('put', { name: 'A' })))).toMatchObject({
      code: 'forbidden',
    });
  });

  it.each(['look', 'put'] as const)(
    'in %s the code of the module asks in its name, for the same person',
    async (name) => {
      const seen: unknown[] = [];
      handlers[name] = (input) => {
        seen.push(currentContext()?.caller);
        return Promise.resolve(input);
      };
      await asked({ program: 'desk', as: 'module', actor }, () => executor.execute(name, { name: 'A' }));
      await inRequest(() => executor.execute(name, { name: 'B' }));
      expect(seen).toEqual([
        { program: 'toy', as: 'module', actor },
        { program: 'toy', as: 'module' },
      ]);
    },
  );

  it('all else of the request is as it was: its id, its trace, and when it is given up', async () => {
    const request = {
      requestId: 'request-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'shop=1',
      deadline: performance.now() + 60_000,
      headers: { 'accept-language': 'de' },
      forOperator: true,
    };
    let seen: unknown;
    handlers.look = (input) => {
      seen = currentContext();
      return Promise.resolve(input);
    };
    const caller: Caller = { program: 'desk', as: 'module' };
    await withContext({ ...request, servedBy: new Map(), caller }, () =>
      executor.execute('look', { name: 'A' }),
    );
    expect(seen).toMatchObject({ ...request, caller: { program: 'toy' } });
  });
});

describe('an error', () => {
  it('that the operation declares reaches the caller with its data, and is no fault to log', async () => {
    handlers.put = () => Promise.reject(toy.error('put', 'too_many', { most: 9 }));
    expect(await refusal(executor.execute('put', { name: 'A' }))).toEqual({
      code: 'too_many',
      data: { most: 9 },
    });
    expect(log).not.toHaveBeenCalled();
  });

  it.each([
    ['an error of the language', new TypeError('password is "hunter2"')],
    ['an error that another operation declares', new DomainError('too_many', { secret: 'hunter2' })],
    ['what is no error at all', 'hunter2'],
  ])('%s becomes internal: the caller gets the request id, the log the detail', async (_what, error) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
    handlers.look = () => Promise.reject(error);
    const refused = inRequest(() => executor.execute('look', { name: 'A' }));
    expect(await refusal(refused)).toEqual({ code: 'internal', data: { traceId: 'request-1' } });
    await expect(refused).rejects.not.toThrow('hunter2');
    expect(log).toHaveBeenCalledTimes(1);
    expect(log.mock.calls[0]).toEqual([expect.objectContaining({ module: 'toy', operation: 'look' })]);
  });

  it('of a statement shows no SQL to the caller, and all of it to the log', async () => {
    handlers.put = () => writeDown(database.dataSource, null as never);
    const refused = inRequest(() => executor.execute('put', { name: 'A' }));
    expect(await refusal(refused)).toEqual({ code: 'internal', data: { traceId: 'request-1' } });
    expect(log.mock.calls[0]).toEqual([
      expect.objectContaining({ error: expect.stringContaining('null value') }),
    ]);
  });

  it('leaves nothing of what the command had written', async () => {
    handlers.put = async () => {
      await writeDown(database.dataSource, 'half');
      throw toy.error('put', 'too_many');
    };
    expect(await refusal(executor.execute('put', { name: 'A' }))).toMatchObject({ code: 'too_many' });
    expect(await database.effects()).toEqual([]);
  });
});

it('wrong input is refused before the service or the database sees it', async () => {
  const ran = jest.fn();
  handlers.put = ran;
  expect(await refusal(executor.execute('put', { name: '?', evil: 1 }))).toMatchObject({
    code: 'validation_failed',
  });
  expect(ran).not.toHaveBeenCalled();
  expect(await database.query('select from toy.idempotency')).toEqual([]);
});

it('an answer has the declared fields only: what a service adds stays inside', async () => {
  handlers.look = () => Promise.resolve({ name: 'A', amount: 1, passwordHash: 'x' });
  expect(await executor.execute('look', { name: 'A' })).toEqual({ name: 'A', amount: 1 });
});

it.each(['steal', 'toString', '__proto__', ''])(
  'an operation that the contract does not have (%s) is refused',
  async (name) => {
    expect(await refusal(executor.execute(name, { name: 'A' }))).toMatchObject({ code: 'internal' });
  },
);

describe('a command called inside a command of another module', () => {
  /** `toy.put` writes, then calls `other.put`, which writes too. */
  function twoModules() {
    const other = contract('other', { ownership: 'by-key', operations: toy.operations });
    const modules = new LocalModules('monolith');
    const record = (input: unknown) => writeDown(database.dataSource, 'other').then(() => input);
    modules.add(new Executor(other, { put: record }, database.dataSource, { run: record }));
    const routes = new Routes();
    routes.replace({ other: routeOf('monolith') });
    const port = new Router(routes, modules, { call: record }).port(other);
    handlers.put = async (input) => {
      await writeDown(database.dataSource, 'toy');
      return port.put(input as { name: string });
    };
  }

  it('is refused, and nothing of either is left: it would not be one transaction on two sides', async () => {
    twoModules();
    expect(await refusal(executor.execute('put', { name: 'A' }))).toMatchObject({ code: 'internal' });
    expect(await database.effects()).toEqual([]);
    expect(log.mock.calls[0]).toEqual([
      expect.objectContaining({
        error: expect.stringContaining('called inside a transaction: make that a process'),
      }),
    ]);
  });
});

describe('what a command prepares', () => {
  it('is made once, outside of the transaction, however often that starts anew', async () => {
    const seen: string[] = [];
    const prepare = new Map([['put', () => Promise.resolve(seen.push(inside() ? 'inside' : 'outside'))]]);
    ({ executor, handlers } = toyExecutor(database.dataSource, { prepare }));
    handlers.put = async (input, prepared) => {
      seen.push(`${inside() ? 'inside' : 'outside'} with ${String(prepared)}`);
      if (seen.length < 4) throw Object.assign(new Error('again'), { code: '40001' });
      return input;
    };
    await executor.execute('put', { name: 'A' });
    expect(seen).toEqual(['outside', ...Array<string>(3).fill('inside with 1')]);
  });

  it('does not change what is answered to who comes again', async () => {
    let made = 0;
    const prepare = new Map([['put', () => Promise.resolve(++made)]]);
    ({ executor, handlers } = toyExecutor(database.dataSource, { prepare }));
    handlers.put = (input, prepared) => Promise.resolve({ ...(input as object), amount: prepared });
    const [ask, id] = [{ name: 'A' }, '01890a5d-ac96-774b-bcce-b302099a8057'];
    expect(await executor.execute('put', ask, id)).toEqual({ name: 'A', amount: 1 });
    expect(await executor.execute('put', ask, id)).toEqual({ name: 'A', amount: 1 });
  });

  it('keeps it out of the one transaction of a process', () => {
    const prepare = new Map([['put', () => Promise.resolve()]]);
    ({ executor } = toyExecutor(database.dataSource, { prepare }));
    expect([executor.isExternal('put'), executor.isExternal('take')]).toEqual([true, false]);
  });

  const inside = () => currentContext()?.transaction !== undefined;
});
