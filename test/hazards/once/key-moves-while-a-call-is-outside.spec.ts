import { callDue, command, contract, query, UnavailableError } from 'nestjs-strangler/contract';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Port } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { routeOf, Routes } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { buckets } from '#strangler/routes/bucket';
import { withContext } from '#strangler/database/context';
import { Executor, type Handler } from '#strangler/calls/executor';
import { resultIdOf } from '#strangler/calls/idempotency';
import type { Side } from '#strangler/routes/phase';
import { managerOf } from '#strangler/database/transaction';
import { held } from '../../support/bank.js';
import { refusal } from '../../support/failure.js';
import { until } from '../../support/until.js';
import { Answer, Ask, toyDatabase, type ToyDatabase } from '../../support/toy.js';

/*
 * A call outside holds nothing, so its key may move before the result is there:
 *
 *   M  intent, commit; call …                                      result: M is not the owner, so it goes to E
 *                        hand-off: fence, drain, E owns (the claim came with the rows)
 *   E                                       a second try: intent is known, no result: calls under the same key
 */
const post = contract('post', {
  ownership: 'by-key',
  operations: {
    look: query({ input: Ask, output: Answer, key: 'name' }),
    send: command({
      input: Ask,
      output: Answer,
      errors: ['lost'],
      key: 'name',
      undo: 'unsend',
      result: 'sent',
    }),
    sent: command({ input: Ask, output: Answer, key: 'name' }),
    unsend: command({ input: Ask, output: Answer, key: 'name' }),
  },
});

interface PostSide {
  database: ToyDatabase;
  port: Port<typeof post>;
  executor: Executor;
  routes: Routes;
}

let sides: Record<Side, PostSide>;
/** What the world outside has seen: each key once, however often it is asked. */
const outside = new Map<string, number>();
let call: (name: string) => Promise<unknown>;

beforeAll(async () => {
  sides = { monolith: await open('monolith'), extracted: await open('extracted') };
});
beforeEach(async () => {
  outside.clear();
  call = () => Promise.resolve();
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  await own(0);
  for (const { database, routes } of Object.values(sides)) {
    await database.query('truncate post.effect, post.idempotency');
    routes.replace({ post: { ...routeOf('shifting'), extractedBelow: 0 } });
  }
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => Promise.all(Object.values(sides).map(({ database }) => database.drop())));

/** The module on one side; what is not its own goes to the other side's executor. */
async function open(side: Side): Promise<PostSide> {
  const database = await toyDatabase({ modules: ['post'], side });
  const { dataSource } = database;
  const [modules, routes] = [new LocalModules(side), new Routes()];
  const other = (): Executor => sides[side === 'monolith' ? 'extracted' : 'monolith'].executor;
  const router = new Router(routes, modules, {
    call: ({ name }, _side, input, { commandId }) =>
      withContext({ requestId: 'far', servedBy: new Map() }, () => other().execute(name, input, commandId)),
  });
  const write = async (input: unknown, what: string) => {
    await managerOf(dataSource).query('insert into post.effect (what) values ($1)', [what]);
    return input;
  };
  const handlers: Record<string, Handler> = {
    look: (input) => Promise.resolve(input),
    send: () => Promise.resolve(callDue),
    sent: (input) => write(input, (input as Ask).name),
    unsend: (input) => write(input, `not ${(input as Ask).name}`),
  };
  const noProcesses = { run: () => Promise.reject(new Error('none')) };
  const executor = new Executor(post, handlers, dataSource, noProcesses, {
    external: new Map([
      [
        'send',
        async (input: unknown, { idempotencyKey }: { idempotencyKey: string }) => {
          outside.set(idempotencyKey, (outside.get(idempotencyKey) ?? 0) + 1);
          await call((input as Ask).name);
          return input;
        },
      ],
    ]),
    settle: (operation, input, how) => router.call(operation, input, how),
  });
  modules.add(executor);
  return { database, port: router.port(post), executor, routes };
}

const own = (extractedBelow: number, fence: number | null = null) =>
  Promise.all(
    Object.values(sides).map(({ database }) =>
      database.query('update strangler.ownership set extracted_below = $1, fence_from = $2, fence_to = $3', [
        extractedBelow,
        fence === null ? null : 0,
        fence,
      ]),
    ),
  );

/** A hand-off of all keys to the service: claims and rows are there before it owns them. */
async function handOff(): Promise<void> {
  await own(0, buckets);
  const { monolith, extracted } = sides;
  const [claims] = await monolith.database.query<{ rows: string }>(
    `select coalesce(json_agg(i), '[]')::text as rows from post.idempotency i`,
  );
  await extracted.database.query(
    `insert into post.idempotency select * from json_populate_recordset(null::post.idempotency, $1) on conflict do nothing`,
    [claims!.rows],
  );
  await own(buckets);
  extracted.routes.replace({ post: { ...routeOf('shifting'), extractedBelow: buckets } });
}

const effects = async () => ({
  monolith: await sides.monolith.database.effects('post'),
  extracted: await sides.extracted.database.effects('post'),
});

it('the result goes to the new owner, and the caller hears of no move', async () => {
  const [{ moment, reached, go }, commandId] = [held(), randomUUID()];
  call = moment;
  const sending = sides.monolith.port.send({ name: 'A' }, { commandId });
  await reached;
  await handOff();
  go();
  expect(await sending).toEqual({ name: 'A' });
  expect(await effects()).toEqual({ monolith: [], extracted: ['A'] });
  expect(Object.fromEntries(outside)).toEqual({ [commandId]: 1 });
});

it('while the hand-off is under way: the result waits for the new owner', async () => {
  const { moment, reached, go } = held();
  call = moment;
  const sending = sides.monolith.port.send({ name: 'A' });
  await reached;
  await own(0, buckets);
  // Asked for at the first refusal: from then on it is decided.
  jest.spyOn(sides.monolith.routes, 'refresh').mockImplementationOnce(() => void handOff());
  go();
  expect(await sending).toEqual({ name: 'A' });
  expect(await effects()).toEqual({ monolith: [], extracted: ['A'] });
});

it('the process dies after the call and the key moves: the new owner asks under the same key, and the late result changes nothing', async () => {
  const [{ moment, reached, go }, commandId] = [held(), randomUUID()];
  call = moment;
  const dead = sides.monolith.port.send({ name: 'A' }, { commandId });
  await reached;
  await handOff();
  call = () => Promise.resolve();
  expect(await sides.extracted.port.send({ name: 'A' }, { commandId })).toEqual({ name: 'A' });
  go();
  expect(await dead).toEqual({ name: 'A' });
  expect(await effects()).toEqual({ monolith: [], extracted: ['A'] });
  expect(Object.fromEntries(outside)).toEqual({ [commandId]: 2 });
});

it('the key has moved before the call came back and its result was written: a repeat is answered there, with no call', async () => {
  const commandId = randomUUID();
  expect(await sides.monolith.port.send({ name: 'A' }, { commandId })).toEqual({ name: 'A' });
  await handOff();
  expect(await sides.monolith.port.send({ name: 'A' }, { commandId })).toEqual({ name: 'A' });
  expect(Object.fromEntries(outside)).toEqual({ [commandId]: 1 });
  const kept = await sides.extracted.database.query(
    'select from post.idempotency where command_id = $1 and result is not null',
    [resultIdOf(commandId)],
  );
  expect(kept).toHaveLength(1);
});

it('a call that is refused leaves nothing: the same id may be tried again', async () => {
  const commandId = randomUUID();
  call = () => Promise.reject(post.error('send', 'lost'));
  const send = () => sides.monolith.port.send({ name: 'A' }, { commandId });
  expect(await refusal(send())).toMatchObject({ code: 'lost' });
  call = () => Promise.resolve();
  expect(await send()).toEqual({ name: 'A' });
  expect(await effects()).toEqual({ monolith: ['A'], extracted: [] });
});

it('an error of another module in the call does not say that nothing was done', async () => {
  call = () => Promise.reject(new UnavailableError('elsewhere', 'it is away'));
  expect(await refusal(sides.monolith.port.send({ name: 'A' }))).toMatchObject({ code: 'outcome_unknown' });
});

it('the owner is busy when the call comes back: the result is sent again, and the caller hears of nothing', async () => {
  const { executor } = sides.monolith;
  const busy = jest.spyOn(executor, 'execute').mockImplementation((name, ...rest) => {
    if (name !== 'sent') return execute(name, ...rest);
    busy.mockRestore();
    return Promise.reject(new UnavailableError('post', 'too many commands are being carried out just now'));
  });
  const execute = Executor.prototype.execute.bind(executor);
  expect(await sides.monolith.port.send({ name: 'A' })).toEqual({ name: 'A' });
  expect(jest.isMockFunction(executor.execute)).toBe(false);
  expect(await effects()).toEqual({ monolith: ['A'], extracted: [] });
});

it('what the other one answers when nobody waits for it any more is written down all the same', async () => {
  const [{ moment, reached, go }, tooLate] = [held(), new AbortController()];
  jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(tooLate.signal);
  call = moment;
  const sending = refusal(sides.monolith.port.send({ name: 'A' }));
  await reached;
  tooLate.abort(new Error('a minute is over'));
  expect(await sending).toMatchObject({ code: 'outcome_unknown' });
  go();
  await until('it is written down', async () => ((await effects()).monolith.length > 0 ? true : undefined));
  expect(await effects()).toEqual({ monolith: ['A'], extracted: [] });
});

it('what is written down by nobody is not told as done, nor as not done, and is not taken back', async () => {
  const { database, port } = sides.monolith;
  const commandId = randomUUID();
  await database.query(`alter table post.effect add constraint none check (what <> 'A')`);
  expect(await refusal(port.send({ name: 'A' }, { commandId }))).toMatchObject({ code: 'outcome_unknown' });
  await database.query('alter table post.effect drop constraint none');
  expect(await port.send({ name: 'A' }, { commandId })).toEqual({ name: 'A' });
  expect(await effects()).toEqual({ monolith: ['A'], extracted: [] });
});
