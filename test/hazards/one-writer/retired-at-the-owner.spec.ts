import { Logger } from '@nestjs/common';
import { NatsLink } from '#strangler/nats/link';
import { SideAgent } from '#strangler/sides/agent';
import { startNats, type TestNats } from '../../support/nats.js';
import { directSides, parcels, type Sides } from '../../support/sides.js';
import { untilUp } from '../../support/rpc.js';

/*
 * `retire` moves a module's tables away, and drops them. Asked of the side that owns the module, by a late step or by whoever
 * reaches NATS, two messages would end all of its data.
 */
let nats: TestNats;
let both: Sides;
const links: NatsLink[] = [];
const agents: SideAgent[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  [nats, both] = await Promise.all([startNats(), directSides()]);
});
afterAll(async () => {
  for (const agent of agents) await agent.stop();
  for (const link of links) await link.close();
  await both.close();
  await nats.stop();
});

async function connected(): Promise<NatsLink> {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  links.push(link);
  link.start();
  await untilUp(link);
  return link;
}

const tables = () => both.monolith.test.query(`select schemaname from pg_tables where tablename = 'parcel'`);

it.each([false, true])('the owner keeps its tables; purge: %s', async (purge) => {
  const { ownership } = await both.monolith.control.state();
  await both.monolith.test.query('create schema if not exists parcels_retired');
  await expect(both.monolith.control.retire({ purge, epoch: ownership.epoch })).rejects.toThrow(
    'the tables of parcels stay: this side owns some of it',
  );
  expect(await tables()).toEqual([{ schemaname: 'parcels' }]);
  expect(
    await both.monolith.test.query(`select from pg_namespace where nspname = 'parcels_retired'`),
  ).toHaveLength(1);
});

it('nobody can ask for it over NATS, and the side of the monolith for nothing', async () => {
  const link = await connected();
  for (const side of ['monolith', 'extracted'] as const) {
    const agent = new SideAgent({ database: both[side].database, module: parcels, side, link });
    await agent.start();
    agents.push(agent);
  }
  await link.current!.flush();
  const asker = (await connected()).current!;
  const idOf = async (side: 'monolith' | 'extracted') =>
    (await both[side].control.state()).standpoint.database;
  const ask = async (side: 'monolith' | 'extracted', method: string) =>
    asker.request(
      link.subjects.control({ module: 'parcels', side, database: await idOf(side) }),
      JSON.stringify({ method, argument: { purge: true, epoch: 0 }, from: await idOf('monolith') }),
      { timeout: 5_000 },
    );
  expect((await ask('extracted', 'state')).json()).toHaveProperty('ok');
  expect((await ask('extracted', 'retire')).json()).toEqual({ error: 'a side has no method retire' });
  await expect(ask('monolith', 'state')).rejects.toThrow(/no responders/);
});

it('a step of an earlier epoch moves nothing', async () => {
  const { ownership } = await both.extracted.control.state();
  const earlier = { purge: false, epoch: ownership.epoch - 1 };
  await expect(both.extracted.control.retire(earlier)).rejects.toThrow('owners have changed since epoch');
  await both.extracted.control.retire({ purge: false, epoch: ownership.epoch });
  const moved = await both.extracted.test.query(
    `select schemaname from pg_tables where tablename = 'parcel'`,
  );
  expect(moved).toEqual([{ schemaname: 'parcels_retired' }]);
});
