import { randomUUID } from 'node:crypto';
import { refusal } from '../../support/failure.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { callToy, door, serveToy, untilUp, type ToyCaller, type ToyService } from '../../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, type ToyHandlers } from '../../support/toy-executor.js';
import { until } from '../../support/until.js';

/*
 * The caller hears nothing: the answer came too late, or the connection broke while the call was away. A query is simply
 * unavailable. A command may have happened, and whoever repeats it under its id gets its answer and no second effect.
 */
let nats: TestNats;
let database: ToyDatabase;
let handlers: ToyHandlers;
let service: ToyService;
let caller: ToyCaller;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
});
beforeEach(async () => {
  const { executor, handlers: own } = toyExecutor(database.dataSource);
  handlers = own;
  service = await serveToy(nats, executor);
  caller = callToy(nats);
  await untilUp(caller.link);
});
afterEach(async () => {
  await caller.close();
  await service.close();
  await database.query('truncate toy.effect, toy.idempotency');
});
afterAll(() => Promise.all([nats.stop(), database.drop()]));

/** Holds back every answer of a command until the door opens. Resolves with how many are held. */
function heldBack(name: 'put' | 'putBriefly'): { open: () => void; started: () => Promise<true> } {
  const { open, passed } = door();
  const act = handlers[name];
  let running = 0;
  handlers[name] = async (input) => {
    const answer = await act(input);
    running++;
    await passed;
    return answer;
  };
  return { open, started: () => until('the command runs', () => (running > 0 ? true : undefined)) };
}

it('a query without answer is unavailable', async () => {
  const { open, passed } = door();
  handlers.lookBriefly = () => passed;
  expect(await refusal(caller.port.lookBriefly({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
  open();
});

it('a command without answer is of unknown outcome; a retry under the id that the error tells takes effect once', async () => {
  const { open } = heldBack('putBriefly');
  const { code, data } = await refusal(caller.port.putBriefly({ name: 'A' }));
  expect({ code, data }).toEqual({
    code: 'outcome_unknown',
    data: { module: 'toy', operation: 'putBriefly', commandId: expect.any(String) },
  });
  // Only now is the first one done; the retry waits for it, or finds its answer.
  const retry = () => caller.port.putBriefly({ name: 'A' }, { commandId: String(data['commandId']) });
  const again = until('a retry is answered in time', () => retry().catch(() => undefined));
  open();
  expect(await again).toEqual({ name: 'A' });
  expect(await database.effects()).toEqual(['A']);
});

it('an answer that comes too late is nobody else’s answer', async () => {
  const { open } = heldBack('putBriefly');
  await refusal(caller.port.putBriefly({ name: 'LATE' }));
  const other = caller.port.look({ name: 'OTHER' });
  open();
  expect(await other).toEqual({ name: 'OTHER' });
  await until('the late one is done', async () => ((await database.effects()).length > 0 ? true : undefined));
  expect(await caller.port.look({ name: 'NEXT' })).toEqual({ name: 'NEXT' });
});

it('the connection breaks while a command runs: unknown at once, done once, and the retry gets its answer', async () => {
  const { open, started } = heldBack('put');
  const commandId = randomUUID();
  const call = refusal(caller.port.put({ name: 'A' }, { commandId }));
  await started();
  await nats.kill();
  // The operation may take 20 s: the caller does not wait for them.
  expect(await call).toMatchObject({ code: 'outcome_unknown', data: { commandId } });
  open();
  await until('the command is done', async () => ((await database.effects()).length > 0 ? true : undefined));
  await nats.restart();
  const answer = await until('the retry is answered', () =>
    caller.port.put({ name: 'A' }, { commandId }).catch(() => undefined),
  );
  expect(answer).toEqual({ name: 'A' });
  expect(await database.effects()).toEqual(['A']);
});

it('the connection breaks while a query runs: unavailable at once', async () => {
  const { open, passed } = door();
  let asked = false;
  handlers.look = () => {
    asked = true;
    return passed;
  };
  const call = refusal(caller.port.look({ name: 'A' }));
  await until('the query runs', () => asked || undefined);
  await nats.kill();
  expect(await call).toMatchObject({ code: 'unavailable' });
  open();
  await nats.restart();
});
