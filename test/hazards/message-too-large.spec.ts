import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { refusal } from '../support/failure.js';
import { startNats, type TestNats } from '../support/nats.js';
import { callToy, serveToy, untilUp, type ToyCaller, type ToyService } from '../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../support/toy.js';
import { toyExecutor, type ToyHandlers } from '../support/toy-executor.js';

/*
 * NATS carries a megabyte. The client library throws on more; unheeded, the server dies of it (an unhandled rejection) and
 * the caller learns nothing but a timeout, after which a command is of unknown outcome.
 */
let nats: TestNats;
let database: ToyDatabase;
let handlers: ToyHandlers;
let service: ToyService;
let caller: ToyCaller;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
  const { executor, handlers: own } = toyExecutor(database.dataSource);
  handlers = own;
  service = await serveToy(nats, executor);
  caller = callToy(nats);
  await untilUp(caller.link);
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterAll(async () => {
  jest.restoreAllMocks();
  await caller.close();
  await service.close();
  await Promise.all([nats.stop(), database.drop()]);
});

const limit = 1_048_576;
const tooLarge = 'x'.repeat(limit + 1);

it('an input: refused at once, by its size, and nothing is done', async () => {
  const refused = caller.port.put({ name: 'A', text: tooLarge });
  expect(await refusal(refused)).toMatchObject({ code: 'validation_failed' });
  await expect(refused).rejects.toThrow(/larger than NATS carries \(1048576\)/);
  expect(await database.effects()).toEqual([]);
});

it('an input that only its headers make too large: refused as well', async () => {
  const payload = JSON.stringify({ name: 'A', text: '' });
  const text = 'x'.repeat(limit - payload.length);
  expect(await refusal(caller.port.put({ name: 'A', text }))).toMatchObject({ code: 'validation_failed' });
});

it('an answer: an error that says so, the service lives on and the log knows', async () => {
  handlers.look = () => Promise.resolve({ name: 'A', text: tooLarge });
  const refused = caller.port.look({ name: 'A' });
  expect(await refusal(refused)).toMatchObject({ code: 'internal' });
  await expect(refused).rejects.toThrow(/answer of toy.look has \d+ bytes/);
  expect(Logger.prototype.error).toHaveBeenCalledWith(
    expect.objectContaining({ module: 'toy', operation: 'look' }),
  );
  expect(await caller.port.put({ name: 'A' })).toEqual({ name: 'A' });
});

it('an answer of a command: it was done, and a retry under its id says the same', async () => {
  const { put } = handlers;
  handlers.put = async (input) => {
    await put(input);
    return { name: 'B', text: tooLarge };
  };
  const commandId = randomUUID();
  for (let i = 0; i < 2; i++) {
    const refused = caller.port.put({ name: 'B' }, { commandId });
    await expect(refused).rejects.toThrow(/answer of toy.put has \d+ bytes/);
  }
  expect((await database.effects()).filter((what) => what === 'B')).toEqual(['B']);
});

it('an answer that is no JSON: internal, logged, and the service lives on', async () => {
  handlers.look = () => Promise.resolve({ name: 'A', amount: 1n });
  expect(await refusal(caller.port.look({ name: 'A' }))).toMatchObject({ code: 'internal' });
  expect(Logger.prototype.error).toHaveBeenCalledWith(
    expect.objectContaining({ error: expect.stringContaining('BigInt') }),
  );
});
