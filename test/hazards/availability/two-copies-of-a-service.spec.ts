import { startNats, type TestNats } from '../../support/nats.js';
import { callToy, serveToy, untilUp } from '../../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor } from '../../support/toy-executor.js';
import { until } from '../../support/until.js';

/* Several copies serve one module. Each call goes to one of them: no call is carried out by both, none is the only one's. */
let nats: TestNats;
let database: ToyDatabase;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
});
afterAll(() => Promise.all([nats.stop(), database.drop()]));

it('share the calls; each call is served once', async () => {
  const copies = await Promise.all(
    [1, 2, 3].map(async () => {
      const { executor, handlers } = toyExecutor(database.dataSource);
      const served: string[] = [];
      const { put } = handlers;
      handlers.put = (input) => {
        served.push((input as { name: string }).name);
        return put(input);
      };
      return { ...(await serveToy(nats, executor)), served };
    }),
  );
  const caller = callToy(nats);
  await untilUp(caller.link);
  const names: string[] = [];
  await until('each has had some', async () => {
    const more = Array.from({ length: 10 }, (_, i) => `N-${names.length + i}`);
    names.push(...more);
    // Without command ids of their own: only the queue group keeps a call from two copies.
    await Promise.all(more.map((name) => caller.port.put({ name })));
    return copies.every(({ served }) => served.length > 0) || undefined;
  });
  expect(copies.flatMap(({ served }) => served).sort()).toEqual([...names].sort());
  expect((await database.effects()).sort()).toEqual([...names].sort());
  await Promise.all([caller.close(), ...copies.map((copy) => copy.close())]);
});
