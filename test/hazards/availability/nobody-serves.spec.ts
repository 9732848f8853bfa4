import { refusal } from '../../support/failure.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { callToy, memberOn, serveToy, untilUp, type ToyCaller } from '../../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor } from '../../support/toy-executor.js';
import { until } from '../../support/until.js';

/*
 * A module is flipped before its service is started, the service has died, or NATS itself is not there. The caller is
 * told soon, and not after the operation's own 20 s; when the service comes, calls work again by themselves.
 */
let nats: TestNats;
let database: ToyDatabase;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
});
afterAll(() => Promise.all([nats.stop(), database.drop()]));

const member = memberOn('extracted', ['toy']);
const serve = (as: typeof member | null = member) =>
  serveToy(nats, toyExecutor(database.dataSource).executor, as);
/** Less than one call may take. */
const tooLong = 18_000;

/** Runs `test` with a caller, and ends it. */
const withCaller = (test: (caller: ToyCaller) => Promise<void>) => async () => {
  const caller = callToy(nats);
  await test(caller).finally(() => caller.close());
};

const served = (caller: ToyCaller) =>
  until('the call is answered', () => caller.port.look({ name: 'A' }).catch(() => undefined));

it(
  'no service: unavailable, for a command too, since nothing was done',
  withCaller(async (caller) => {
    await untilUp(caller.link);
    expect(await refusal(caller.port.look({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
    expect(await refusal(caller.port.put({ name: 'A' }))).toMatchObject({
      code: 'unavailable',
      data: { module: 'toy', retryAfterSeconds: expect.any(Number) },
    });
    expect(await database.effects()).toEqual([]);
  }),
  tooLong,
);

it(
  'a service that comes while a call looks for it answers that call: a restart costs no error',
  withCaller(async (caller) => {
    const asked = jest.spyOn(await untilUp(caller.link), 'publish');
    // All but there: the call looks for a second.
    const service = await serve(null);
    const call = caller.port.look({ name: 'A' });
    await until('the call has found nobody', () => asked.mock.calls.length > 1 || undefined);
    service.routes.join(member);
    expect(await call).toEqual({ name: 'A' });
    await service.close();
  }),
);

it(
  'a service that comes later, goes and comes again is found each time',
  withCaller(async (caller) => {
    await untilUp(caller.link);
    await refusal(caller.port.look({ name: 'A' }));
    for (let i = 0; i < 2; i++) {
      const service = await serve();
      expect(await served(caller)).toEqual({ name: 'A' });
      await service.close();
      expect(await refusal(caller.port.look({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
    }
  }),
);

it(
  'no NATS when the caller starts: unavailable; when it comes, calls work',
  async () => {
    await nats.kill();
    const caller = callToy(nats);
    expect(await refusal(caller.port.put({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
    await nats.restart();
    const service = await serve();
    expect(await served(caller)).toEqual({ name: 'A' });
    await caller.close();
    await service.close();
  },
  tooLong,
);
