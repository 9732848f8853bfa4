import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { untilBlocked } from '../../support/blocked.js';
import { refusal } from '../../support/failure.js';
import type { Ask, ToyDatabase } from '../../support/toy.js';
import { shelf, till, toyModules, toyModulesDatabase } from '../../support/toy-modules.js';

/*
 * While all modules of a process are here, it is one database transaction: all or nothing, nothing stored in between.
 */
let database: ToyDatabase;
let modules: ReturnType<typeof toyModules>;

beforeAll(async () => (database = await toyModulesDatabase()));
beforeEach(() => {
  modules = toyModules(database);
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterEach(async () => {
  jest.restoreAllMocks();
  const tables = ['shelf', 'till', 'desk'].flatMap((name) => [`${name}.effect`, `${name}.idempotency`]);
  await database.query(`truncate desk.saga, ${tables.join(', ')}`);
});
afterAll(() => database.drop());

const effects = async () => [
  await database.effects('shelf'),
  await database.effects('till'),
  await database.effects('desk'),
];
const stored = () => database.query('select status, step, attempts, answered from desk.saga');
const claims = () => database.query('select result from desk.idempotency');
const nothing = [[], [], []];
const all = [['take A', 'ship A'], ['pay A'], ['note A', 'stamp A']];

it('the rows of all modules come from one transaction, and no saga is stored', async () => {
  expect(await modules.port.serve({ name: 'A' })).toEqual({ name: 'A', text: 'stamp' });
  expect(await effects()).toEqual(all);
  const writers = await database.query(
    `select distinct xmin::text from (
       select xmin from shelf.effect union all select xmin from till.effect union all select xmin from desk.effect
       union all select xmin from desk.idempotency) written`,
  );
  expect(writers).toHaveLength(1);
  expect(await stored()).toEqual([]);
  expect(modules.remote.calls).toEqual([]);
});

it.each(['shelf.take', 'till.pay', 'shelf.ship'])(
  '%s is refused: nothing of any module is left',
  async (step) => {
    const module = step.startsWith('shelf')
      ? shelf.error('take', 'sold_out', { left: 0 })
      : till.error('pay', 'declined');
    const { [step]: sound } = modules.handlers;
    modules.handlers[step] = () => Promise.reject(module);
    const commandId = randomUUID();
    // `ship` declares no error: what it throws is a fault.
    const code = step === 'shelf.ship' ? 'internal' : module.code;
    expect(await refusal(modules.port.serve({ name: 'A' }, { commandId }))).toMatchObject({ code });
    expect([await effects(), await stored(), await claims()]).toEqual([nothing, [], []]);
    modules.handlers[step] = sound as never;
    expect(await modules.port.serve({ name: 'A' }, { commandId })).toEqual({ name: 'A', text: 'stamp' });
  },
);

it('50 times at once under one id: one run, one answer for all', async () => {
  const pay = modules.handlers['till.pay'] as (input: unknown) => Promise<unknown>;
  modules.handlers['till.pay'] = async (input) => {
    await untilBlocked(database, 5);
    return pay(input);
  };
  const commandId = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => modules.port.serve({ name: 'A' }, { commandId })),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify({ name: 'A', text: 'stamp' })]),
  );
  expect(await effects()).toEqual(all);
});

it('under an id with another input: refused', async () => {
  const commandId = randomUUID();
  await modules.port.serve({ name: 'A' }, { commandId });
  expect(await refusal(modules.port.serve({ name: 'A', amount: 2 }, { commandId }))).toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect(await effects()).toEqual(all);
});

it('a deadlock in a step: the whole runs again, and both are done once', async () => {
  await database.query('create table if not exists till.row (name text primary key)');
  await database.query(`insert into till.row values ('A'), ('B') on conflict do nothing`);
  let calls = 0;
  let held = 0;
  let open: () => void = () => undefined;
  const both = new Promise<void>((resolve) => (open = resolve));
  const pay = modules.handlers['till.pay'] as (input: unknown) => Promise<unknown>;
  modules.handlers['till.pay'] = async (input) => {
    const { name } = input as Ask;
    const lock = (row: string) => modules.query('select from till.row where name = $1 for update', [row]);
    const first = ++calls <= 2;
    await lock(name);
    // Only when each has its own row does either want the other's.
    if (first && ++held === 2) open();
    if (first) await both;
    await lock(name === 'A' ? 'B' : 'A');
    return pay(input);
  };
  await Promise.all(['A', 'B'].map((name) => modules.port.serve({ name })));
  expect(calls).toBe(3);
  expect((await database.effects('till')).sort()).toEqual(['pay A', 'pay B']);
  expect(await database.effects('desk')).toHaveLength(4);
});

describe('a step says to wait', () => {
  const closed = () => Promise.reject(till.error('pay', 'closed'));

  it('the steps before it are kept, in one transaction, and the caller is answered at once', async () => {
    const pay = jest.fn(closed);
    modules.handlers['till.pay'] = pay;
    expect(await modules.port.serve({ name: 'A' })).toEqual({ name: 'A', text: 'wait' });
    expect(await effects()).toEqual([['take A'], [], ['note A', 'wait A']]);
    expect(await stored()).toEqual([{ status: 'waiting', step: 2, attempts: 1, answered: true }]);
    // Asked again only when its time comes: the caller is not kept waiting for a second refusal.
    expect(pay).toHaveBeenCalledTimes(1);
  });

  it('and when the steps before it are run again, one of them refuses: that is what the caller hears', async () => {
    modules.handlers['till.pay'] = closed;
    let taken = 0;
    modules.handlers['shelf.take'] = (input) =>
      taken++ === 0 ? Promise.resolve(input) : Promise.reject(shelf.error('take', 'sold_out', { left: 0 }));
    expect(await refusal(modules.port.serve({ name: 'A' }))).toEqual({ code: 'sold_out', data: { left: 0 } });
    expect([await effects(), await stored(), await claims()]).toEqual([nothing, [], []]);
  });
});

it('a step that needs more than its transaction does not share that of the process', async () => {
  modules = toyModules(database, { prepare: new Map([['pay', () => Promise.resolve()]]) });
  const before: unknown[] = [];
  const pay = modules.handlers['till.pay'] as (input: unknown) => Promise<unknown>;
  modules.handlers['till.pay'] = async (input) => {
    before.push(await effects(), await stored());
    return pay(input);
  };
  expect(await modules.port.serve({ name: 'A' })).toEqual({ name: 'A', text: 'stamp' });
  expect(before).toEqual([
    [['take A'], [], ['note A']],
    [{ status: 'running', step: 2, attempts: 0, answered: false }],
  ]);
  expect(await effects()).toEqual(all);
});
