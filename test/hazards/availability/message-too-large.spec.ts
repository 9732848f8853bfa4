import { Logger } from '@nestjs/common';
import { headers } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { refusal } from '../../support/failure.js';
import { mostAnswerBytes, takesPieces } from '#strangler/nats/pieces';
import { startNats, type TestNats } from '../../support/nats.js';
import { callToy, serveToy, shop, untilUp, type ToyCaller, type ToyService } from '../../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, type ToyHandlers } from '../../support/toy-executor.js';

/*
 * NATS carries a megabyte. The client library throws on more; unheeded, the server dies of it (an unhandled rejection) and
 * the caller learns nothing but a timeout, after which a command is of unknown outcome. A larger answer, which a module at home
 * gives as well, goes in pieces, up to a limit.
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
/** Five pieces, of letters that are cut in the middle. */
const large = '語'.repeat(1_500_000);
const beyond = 'x'.repeat(mostAnswerBytes);

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

it('an answer: it comes in pieces, beside others', async () => {
  handlers.look = (input) => {
    const { name } = input as { name: string };
    return Promise.resolve({ name, text: name === 'SMALL' ? '' : large });
  };
  const names = ['A', 'SMALL', 'B'];
  const answers = await Promise.all(names.map((name) => caller.port.look({ name })));
  // Not by toEqual, which would print them.
  expect(answers.map(({ name, text }) => [name, text === large])).toEqual([
    ['A', true],
    ['SMALL', false],
    ['B', true],
  ]);
});

it('an answer to a process of a release before, which takes no pieces: an error that says so', async () => {
  handlers.look = () => Promise.resolve({ name: 'A', text: large });
  const told = headers();
  told.set('From', `${shop.monolith} ${shop.monolith}`);
  const wire = await untilUp(caller.link);
  const ask = () =>
    wire.request('shop.rpc.toy.extracted.e.look', '{"name":"A"}', { timeout: 5_000, headers: told });
  expect((await ask()).json()).toMatchObject({
    error: { message: expect.stringMatching(/answer of toy.look has \d+ bytes/) },
  });
  told.set(takesPieces, '1');
  expect((await ask()).data.length).toBe(limit);
});

it('who asks for no further piece is not waited for', async () => {
  handlers.look = () => Promise.resolve({ name: 'A', text: large });
  const gone = callToy(nats);
  await untilUp(gone.link);
  const asked = gone.port.look({ name: 'A' }).catch(() => 'gone');
  await gone.close();
  expect(await asked).toBe('gone');
  handlers.look = () => Promise.resolve({ name: 'A' });
  expect(await caller.port.look({ name: 'A' })).toEqual({ name: 'A' });
});

it('an answer beyond all pieces: an error that says so, the service lives on and the log knows', async () => {
  handlers.look = () => Promise.resolve({ name: 'A', text: beyond });
  const refused = caller.port.look({ name: 'A' });
  expect(await refusal(refused)).toMatchObject({ code: 'internal' });
  await expect(refused).rejects.toThrow(
    /answer of toy.look has \d+ bytes, more than NATS carries: ask for less/,
  );
  expect(Logger.prototype.error).toHaveBeenCalledWith(
    expect.objectContaining({ module: 'toy', operation: 'look' }),
  );
  expect(await caller.port.put({ name: 'A' })).toEqual({ name: 'A' });
});

it('such an answer of a command: it was done, and a retry under its id says the same', async () => {
  const { put } = handlers;
  handlers.put = async (input) => {
    await put(input);
    return { name: 'B', text: beyond };
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
