import { Logger } from '@nestjs/common';
import { NatsLink } from '#strangler/nats/link';
import { beginCapture } from '#strangler/control/steps/capture-step';
import { Database } from '#strangler/database/database';
import { otherSide, sides, type Side } from '#strangler/routes/phase';
import { SideAgent } from '#strangler/sides/agent';
import { startNats, type TestNats } from '../../support/nats.js';
import { freshDatabase, queryOnce, type TestDatabase } from '../../support/postgres.js';
import { untilUp } from '../../support/rpc.js';
import { parcels } from '../../support/sides.js';
import { until } from '../../support/until.js';

/*
 * A database is moved while its processes run: by pg_upgrade, or put back by dump at the same address, where they connect again. Nobody starts
 * anew. What would go wrong: it never gets its own id, or the other processes still listen by the former one, so that its original counts as
 * served; then it takes no writes until somebody has started all of them again.
 */
interface Place {
  readonly test: TestDatabase;
  /** Two processes. */
  readonly agents: readonly SideAgent[];
  close(): Promise<void>;
}

let nats: TestNats;
let places: Readonly<Record<Side, Place>>;

beforeAll(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  nats = await startNats();
});
afterAll(() => nats.stop());
beforeEach(async () => {
  const [monolith, extracted] = await Promise.all([open('monolith'), open('extracted')]);
  places = { monolith, extracted };
  await beginCapture({ monolith: monolith.agents[0]!, extracted: extracted.agents[0]! });
});
afterEach(async () => {
  await Promise.all(sides.map((side) => places[side].close()));
});

async function open(side: Side): Promise<Place> {
  const test = await freshDatabase();
  await test.query(
    'create schema parcels; create table parcels.parcel (code text primary key, weight integer not null)',
  );
  const processes = await Promise.all([1, 2].map(() => startOn(side, test.url)));
  return {
    test,
    agents: processes.map(({ agent }) => agent),
    close: async () => {
      await Promise.all(processes.map(({ end }) => end()));
      await test.drop();
    },
  };
}

/** A process of that side. */
async function startOn(side: Side, url: string): Promise<{ agent: SideAgent; end(): Promise<void> }> {
  const database = new Database(url);
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  link.start();
  await untilUp(link);
  const agent = new SideAgent({ database, module: parcels, side, link });
  await agent.start();
  return {
    agent,
    end: async () => {
      await agent.stop();
      await link.close();
      await database.close();
    },
  };
}

/** Another database with all of its rows stands at its address from here on. */
async function move({ test }: Place): Promise<void> {
  const server = Object.assign(new URL(test.url), { pathname: '/postgres' }).href;
  const name = new URL(test.url).pathname.slice(1);
  const former = `${name}_former`;
  await queryOnce(server, `alter database ${name} allow_connections false`);
  await queryOnce(server, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ]);
  await until('its sessions have ended', async () => {
    const sql = 'select from pg_stat_activity where datname = $1';
    return (await queryOnce(server, sql, [name])).length === 0 ? true : undefined;
  });
  await queryOnce(server, `alter database ${name} rename to ${former}`);
  await queryOnce(server, `create database ${name} template ${former}`);
  await queryOnce(server, `drop database ${former}`);
}

const standpointOf = async (side: Side) => (await places[side].agents[0]!.state()).standpoint;
const arrives = async (code: string) => {
  await places.monolith.test.query('insert into parcels.parcel values ($1, 1)', [code]);
  await until(`${code} is copied`, async () => {
    const sql = 'select from parcels.parcel where code = $1';
    return (await places.extracted.test.query(sql, [code])).length > 0 ? true : undefined;
  });
};

it.each(sides)('%s goes on by itself, as another database', async (side) => {
  await arrives('before');
  const { database: former } = await standpointOf(side);
  await move(places[side]);
  const id = await until('the other side knows it by its new id', async () => {
    const { peer } = await standpointOf(otherSide(side));
    return peer !== former && peer !== null ? peer : undefined;
  });
  await until('it takes writes', async () => {
    const { moved, proven, provenBy } = await standpointOf(side);
    return !moved && proven && provenBy === 'peer' ? true : undefined;
  });
  expect(await standpointOf(side)).toMatchObject({ database: id, knownAs: null, capture: true });
  await arrives('after');
});
