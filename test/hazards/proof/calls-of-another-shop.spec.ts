import { Logger } from '@nestjs/common';
import { isDomainError } from 'nestjs-strangler/contract';
import type { Member } from '#strangler/routes/member';
import { refusal } from '../../support/failure.js';
import { startNats, type TestNats } from '../../support/nats.js';
import {
  callToy,
  memberOn,
  serveToy,
  shop,
  toyRoute,
  untilUp,
  type ToyCaller,
  type ToyService,
} from '../../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { toyExecutor } from '../../support/toy-executor.js';
import { until } from '../../support/until.js';

/*
 * Two shops, or two services of one shop on two databases, are on one NATS in one namespace. A call goes to a database that is not
 * meant: what it writes is there and not where its shop reads, or a shop reads what is another one's.
 */
let nats: TestNats;
let here: ToyDatabase;
let there: ToyDatabase;
let services: ToyService[] = [];
let caller: ToyCaller;

beforeAll(async () => {
  [nats, here, there] = await Promise.all([startNats(), toyDatabase(), toyDatabase()]);
});
beforeEach(async () => {
  caller = callToy(nats);
  await untilUp(caller.link);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await caller.close();
  for (const service of services.splice(0)) await service.close();
  for (const database of [here, there]) await database.query('truncate toy.effect, toy.idempotency');
});
afterAll(() => Promise.all([nats.stop(), here.drop(), there.drop()]));

const toyOn = (database: string, of: string = shop.monolith): Member => ({
  ...{ database, shop: of, since: 'monday', modules: ['toy'] },
});
async function serve(member: Member | null, database = here): Promise<ToyService> {
  const service = await serveToy(nats, toyExecutor(database.dataSource).executor, member);
  services = [...services, service];
  return service;
}

it('another shop that knows the address is refused by name, in its own log too, and nothing is done', async () => {
  await serve(toyOn('e'));
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  caller.routes.join({ ...memberOn('monolith'), database: 'n', shop: 'n' });
  caller.routes.replace({ toy: toyRoute({ monolith: 'n', extracted: 'e' }) });
  const refused = caller.port.put({ name: 'A' });
  const words = 'this service (database e) belongs to the shop whose database is m, since monday';
  await expect(refused).rejects.toThrow(words);
  expect(await refusal(refused)).toMatchObject({ code: 'unavailable', data: { module: 'toy' } });
  expect(warned).toHaveBeenCalledWith(
    expect.objectContaining({ msg: 'call refused', caller: 'the shop n (database n)' }),
  );
  expect(warned).toHaveBeenCalledWith(
    expect.objectContaining({ msg: 'refused by another shop', reason: words }),
  );
  expect(await here.effects()).toEqual([]);
});

it('a call that names no shop is refused', async () => {
  await serve(toyOn('e'));
  const wire = await untilUp(caller.link);
  const reply = await wire.request('shop.rpc.toy.extracted.e.put', '{"name":"A"}', { timeout: 10_000 });
  expect(reply.json()).toMatchObject({ error: { code: 'foreign', data: { shop: 'm', database: 'e' } } });
  expect(await here.effects()).toEqual([]);
});

it('what is not paired is at no address, and serves from the moment that it is: a call that looks for it is answered', async () => {
  const service = await serve(null);
  const wire = await untilUp(caller.link);
  for (const subject of ['e', 'any', shop.monolith])
    await expect(wire.request(`shop.rpc.toy.extracted.${subject}.put`, '{"name":"A"}')).rejects.toThrow(
      /no responders/,
    );
  const asked = jest.spyOn(wire, 'publish');
  const call = caller.port.put({ name: 'A' });
  await until('the call has found nobody', () => asked.mock.calls.length > 1 || undefined);
  service.routes.join(toyOn('e'));
  expect(await call).toEqual({ name: 'A' });
  expect(await here.effects()).toEqual(['A']);
});

it('when it is paired with another shop it follows: the former is refused, the other one is served', async () => {
  const service = await serve(toyOn('e'));
  expect(await caller.port.put({ name: 'A' })).toEqual({ name: 'A' });
  const other = callToy(nats);
  other.routes.join({ ...memberOn('monolith'), database: 'n', shop: 'n' });
  other.routes.replace({ toy: toyRoute({ monolith: 'n', extracted: 'e' }) });
  service.routes.join(toyOn('e', 'n'));
  expect(
    await until('the other one is served', () => other.port.put({ name: 'B' }).catch(() => undefined)),
  ).toEqual({ name: 'B' });
  expect(await refusal(caller.port.put({ name: 'C' }))).toMatchObject({ code: 'unavailable' });
  service.routes.join(null);
  await until('nobody is served', async () => {
    const failed = await other.port.put({ name: 'D' }).catch((error: unknown) => error);
    return isDomainError(failed) && failed.message.includes('nobody serves') ? true : undefined;
  });
  expect((await here.effects()).sort()).toEqual(['A', 'B']);
  await other.close();
});

it('of two services on two databases the one that is meant gets every call, whatever the queue group', async () => {
  await serve(toyOn('e'), here);
  await serve(toyOn('f'), there);
  const names = Array.from({ length: 40 }, (_, i) => `N-${i}`);
  await Promise.all(names.map((name) => caller.port.put({ name })));
  expect((await here.effects()).sort()).toEqual([...names].sort());
  expect(await there.effects()).toEqual([]);
  // The shop takes the other one: the next call goes there, by the same client.
  caller.routes.replace({ toy: toyRoute({ monolith: 'm', extracted: 'f' }) });
  await caller.port.put({ name: 'LATER' });
  expect(await there.effects()).toEqual(['LATER']);
});

it('a caller that belongs to no shop, or does not know on which database its shop has the module, calls nobody', async () => {
  await serve(toyOn('e'));
  const published = jest.spyOn(await untilUp(caller.link), 'publish');
  caller.routes.replace({ toy: toyRoute({ monolith: 'm', extracted: null }) });
  expect(await refusal(caller.port.put({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
  caller.routes.replace({ toy: toyRoute() });
  caller.routes.join(null);
  caller.routes.replace({ toy: toyRoute() });
  expect(await refusal(caller.port.put({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
  expect(published).not.toHaveBeenCalled();
});
