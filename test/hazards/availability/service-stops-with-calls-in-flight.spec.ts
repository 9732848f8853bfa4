import { randomUUID } from 'node:crypto';
import { startNats, type TestNats } from '../../support/nats.js';
import { callToy, door, memberOn, serveToy, untilUp, type ToyCaller } from '../../support/rpc.js';
import { toyDatabase, type Ask, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor, writeDown } from '../../support/toy-executor.js';
import { until } from '../../support/until.js';

/*
 * A copy of a service is stopped (a deployment) while calls run in it and more arrive. Every call that it has taken is
 * answered, once; what comes after goes to another copy; with no other copy it waits for the next one.
 */
let nats: TestNats;
let database: ToyDatabase;
let caller: ToyCaller;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase({ poolSize: 20 })]);
  caller = callToy(nats);
  await untilUp(caller.link);
});
afterEach(() => database.query('truncate toy.effect, toy.idempotency'));
afterAll(async () => {
  await caller.close();
  await Promise.all([nats.stop(), database.drop()]);
});

const member = memberOn('extracted', ['toy']);

/** A copy whose commands wait at a door after their work, and write down who did it. */
async function copy(
  mark: string,
  { held = false, as = member }: { held?: boolean; as?: typeof member | null } = {},
) {
  const { executor, handlers } = toyExecutor(database.dataSource);
  const { open, passed } = door();
  const running = { now: 0 };
  handlers.put = async (input) => {
    const { name } = input as Ask;
    await writeDown(database.dataSource, name);
    running.now++;
    if (held) await passed;
    return { name, text: mark };
  };
  return { ...(await serveToy(nats, executor, as)), open, running };
}

const put = (name: string) => caller.port.put({ name }, { commandId: randomUUID() });
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

it('calls in flight are answered, each once, before close() resolves; later ones go to the other copy', async () => {
  const first = await copy('FIRST', { held: true });
  const early = names('EARLY', 8);
  const replies = jest.spyOn(await untilUp(first.link), 'publish');
  const answers = Promise.all(early.map(put));
  await until('all of them run', () => (first.running.now === early.length ? true : undefined));

  const second = await copy('SECOND');
  let closed = false;
  const closing = first.server.close().then(() => (closed = true));
  // What it takes before it has left NATS waits at its door; from then on the second one must get everything.
  await (await untilUp(first.link)).flush();
  const late = await until('the first copy takes no more calls', async () => {
    const marks = await Promise.all(names('LATE', 4).map(async (name) => (await put(name)).text));
    return marks.every((mark) => mark === 'SECOND') ? marks : undefined;
  });
  expect(late).toHaveLength(4);
  expect(closed).toBe(false);

  first.open();
  expect((await answers).map(({ name, text }) => [name, text])).toEqual(early.map((name) => [name, 'FIRST']));
  await closing;
  const repliesOfFirst = replies.mock.calls.map(([subject]) => subject);
  expect(new Set(repliesOfFirst).size).toBe(repliesOfFirst.length);
  await first.link.close();
  await second.close();
});

it('a copy that stops under a stream of calls loses none and does none twice', async () => {
  const [first, second] = [await copy('FIRST'), await copy('SECOND')];
  const all = names('CALL', 200);
  const answers: Promise<unknown>[] = [];
  for (const [i, name] of all.entries()) {
    answers.push(put(name));
    if (i === 100) {
      // NATS may hear of its end before it has delivered a call.
      await until('the first copy has had some', () => (first.running.now > 0 ? true : undefined));
      answers.push(first.close());
    }
    if (i % 10 === 0) await new Promise(setImmediate);
  }
  await Promise.all(answers);
  expect((await database.effects()).sort()).toEqual([...all].sort());
  expect(first.running.now).toBeGreaterThan(0);
  expect(first.running.now + second.running.now).toBe(all.length);
  await second.close();
});

it('the only copy stops and the next one comes: calls in between wait for it', async () => {
  await (await copy('OLD')).close();
  const asked = jest.spyOn(await untilUp(caller.link), 'publish');
  // All but there: the call looks for a second.
  const next = await copy('NEW', { as: null });
  const call = put('BETWEEN');
  await until('the call has found nobody', () => asked.mock.calls.length > 1 || undefined);
  next.routes.join(member);
  expect(await call).toMatchObject({ text: 'NEW' });
  await next.close();
});

it('a service whose NATS is gone can be stopped', async () => {
  const lonely = await copy('LONELY');
  await nats.kill();
  await until('it knows', () => (lonely.link.current ? undefined : true));
  await lonely.close();
  await nats.restart();
});
