import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { startNats, type TestNats } from '../../../../../test/support/nats.js';
import {
  callGuarded,
  serveToy,
  untilUp,
  type GuardedCaller,
  type ToyService,
} from '../../../../../test/support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../../../../test/support/toy.js';
import { toyExecutor, type ToyHandlers } from '../../../../../test/support/toy-executor.js';
import { until } from '../../../../../test/support/until.js';
import { isDomainError } from '../../contract/errors.js';
import { withContext } from '../../database/context.js';

let nats: TestNats;
let database: ToyDatabase;
let handlers: ToyHandlers;
let service: ToyService;
let caller: GuardedCaller;
/** Calls that hang, each with the way to let it go on. */
const hanging: (() => void)[] = [];

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  const toyModule = toyExecutor(database.dataSource);
  handlers = toyModule.handlers;
  service = await serveToy(nats, toyModule.executor);
  caller = callGuarded(nats);
  await untilUp(caller.link);
});
const letGo = () => {
  for (const answer of hanging.splice(0)) answer();
};
afterEach(async () => {
  letGo();
  await caller.close();
  await service.close();
  await database.query('truncate toy.effect, toy.idempotency');
});
afterAll(() => Promise.all([nats.stop(), database.drop()]));

/** How a request with so much time ended, and whether that was before its caller had gone. */
async function ask<T>(work: () => Promise<T>, ms = 500) {
  const deadline = performance.now() + ms;
  const context = { requestId: 'r', servedBy: new Map(), deadline };
  const ended = await withContext(context, work).then(
    () => 'ok',
    (error: unknown) => (isDomainError(error) ? error.code : String(error)),
  );
  // The watch over those who wait looks every 10 ms; a laden machine is given more.
  return { ended, inTime: performance.now() < deadline + 200 };
}

const look = (ms?: number) => ask(() => caller.port.lookBriefly({ name: 'A' }), ms);
const breaker = () => caller.guarded.figures()[0]?.breaker;
const untilAnswered = () =>
  until('the side is asked again', async () => ((await look()).ended === 'ok' ? true : undefined));

it('a slow peer: all have a 503 before their deadline, then at once; and answers when it is well again', async () => {
  const well = handlers.lookBriefly;
  handlers.lookBriefly = (input) => new Promise((resolve) => hanging.push(() => resolve(input)));
  const all = await Promise.all(Array.from({ length: 40 }, () => look()));
  expect(all).toEqual(Array(40).fill({ ended: 'unavailable', inTime: true }));
  expect(breaker()).toBe('open');
  const reached = hanging.length;
  await Promise.all(Array.from({ length: 40 }, () => look()));
  // One of them may have been the one that tries again.
  expect(hanging.length).toBeLessThanOrEqual(reached + 1);
  handlers.lookBriefly = well;
  letGo();
  await untilAnswered();
  expect(breaker()).toBe('closed');
});

it('a dead peer: all have a 503 before their deadline; and answers when it is back', async () => {
  await service.close();
  const all = await Promise.all(Array.from({ length: 40 }, () => look()));
  expect(all).toEqual(Array(40).fill({ ended: 'unavailable', inTime: true }));
  expect(breaker()).toBe('open');
  const toyModule = toyExecutor(database.dataSource);
  service = await serveToy(nats, toyModule.executor);
  await untilAnswered();
});

it('commands that are tried again, and by their callers too, take effect once', async () => {
  const well = handlers.put;
  let asked = 0;
  // Every third answer comes when nobody waits for it any more.
  handlers.put = async (input) => {
    if (asked++ % 3 === 0) await new Promise<void>((resolve) => hanging.push(resolve));
    return well(input);
  };
  const names = Array.from({ length: 12 }, (_, n) => `N${n}`);
  const place = async (name: string): Promise<void> => {
    const commandId = randomUUID();
    await until('it is done', async () => {
      const { ended } = await ask(() => caller.port.put({ name }, { commandId }), 100);
      letGo();
      return ended === 'ok' ? true : undefined;
    });
  };
  await Promise.all(names.map(place));
  expect((await database.effects()).sort()).toEqual([...names].sort());
});

it('callers without time open no breaker: the next one has its answer', async () => {
  await Promise.all(Array.from({ length: 40 }, () => look(5)));
  expect(await look()).toMatchObject({ ended: 'ok' });
});
