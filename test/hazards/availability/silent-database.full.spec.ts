import { Logger } from '@nestjs/common';
import { Controller } from '#strangler/control/controller';
import { HistoryFeed } from '#strangler/control/store/history-feed';
import type { ControlNeeds } from '#strangler/control/reconcile/needs';
import { Database } from '#strangler/database/database';
import { Controlled } from '../../support/controlled.js';
import { freezingProxy, type FreezingProxy } from '../../support/freezing-proxy.js';
import { until } from '../../support/until.js';

/** As in silent-database.spec.ts, with a controller, and what takes longer to find out. */
let controlled: Controlled;
let ways: FreezingProxy[];
let databases: Database[];

beforeEach(async () => {
  for (const level of ['warn', 'log'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  controlled = await Controlled.open();
  [ways, databases] = [[], []];
});
afterEach(async () => {
  await Promise.all(ways.map((way) => way.close()));
  await Promise.all(databases.map((database) => database.close()));
  await controlled.close();
  jest.restoreAllMocks();
});

async function away(): Promise<{ way: FreezingProxy; database: Database }> {
  const way = await freezingProxy(controlled.sides.monolith.test.url);
  const database = new Database(way.url);
  ways.push(way);
  databases.push(database);
  return { way, database };
}

/** A controller of another process, that reaches the database by this way. */
async function controllerOver(database: Database): Promise<{ controller: Controller; looks: () => number }> {
  let looks = 0;
  const needs: ControlNeeds = {
    ...controlled.needs,
    evidence: (_module, ageMs) => {
      looks++;
      return controlled.needs.evidence('parcels', ageMs);
    },
  };
  const controller = new Controller({ database, needs });
  await controller.prepare();
  return { controller, looks: () => looks };
}

const beyond = (looks: () => number) => {
  const before = looks();
  return until('it looks again', () => looks() > before + 3 || undefined);
};

it('whose connections fall silent while new ones are answered: the controller goes on over those', async () => {
  const { way, database } = await away();
  const { controller, looks } = await controllerOver(database);
  await controlled.want('shadow');
  controller.start();
  try {
    await controlled.reaches('shadow');
    await beyond(looks);
    way.freeze();
    await beyond(looks);
    await controlled.want('dual-write');
    await controlled.reaches('dual-write');
  } finally {
    await controller.stop();
  }
});

it('for the process that leads: another one leads, and goes on', async () => {
  const [one, two] = [await away(), await away()];
  const [first, second] = [await controllerOver(one.database), await controllerOver(two.database)];
  await controlled.want('shadow');
  first.controller.start();
  try {
    await controlled.reaches('shadow');
    second.controller.start();
    expect(first.controller.leads).toEqual(['parcels']);
    one.way.freeze({ all: true });
    await until('the other one leads', () => second.controller.leads[0]);
    await beyond(second.looks);
    await until('the first one knows', () => first.controller.leads.length === 0 || undefined);
    await controlled.want('dual-write');
    await controlled.reaches('dual-write');
  } finally {
    one.way.thaw();
    await Promise.all([first.controller.stop(), second.controller.stop()]);
  }
});

it('a statement that it works on for long, and the connection falls silent: it fails once it is done there', async () => {
  const { way, database } = await away();
  const slow = database.query('select pg_sleep(3)').then(
    () => 'answered',
    (error: unknown) => (error as Error).message,
  );
  await until('it is there', async () => {
    const rows = await controlled.sides.monolith.test.query(
      `select from pg_stat_activity where query = 'select pg_sleep(3)' and datname = current_database()`,
    );
    return rows.length > 0 || undefined;
  });
  way.freeze();
  expect(await slow).toMatch(/silent|terminated/);
  expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
});

it('that has no connection left is there: nothing is given up', async () => {
  const { database } = await away();
  const { test } = controlled.sides.monolith;
  const name = new URL(test.url).pathname.slice(1);
  // It has its connection before there are no more.
  await database.query('select 1');
  const slow = database.query<{ said: string }>(`select 'slow' as said from pg_sleep(3)`);
  await test.query(`alter database ${name} connection limit 0`);
  expect(await slow).toEqual([{ said: 'slow' }]);
  await database.query(`alter database ${name} connection limit -1`);
});

it('for who only listens: what is written afterwards is heard', async () => {
  const { way, database } = await away();
  const { history } = controlled.store;
  const feed = new HistoryFeed(database, history);
  const heard: string[] = [];
  feed.join(({ actor }) => void heard.push(actor));
  const write = (actor: string) =>
    history.write({
      module: 'parcels',
      actor,
      action: 'note',
      from: 'monolith',
      to: 'monolith',
      outcome: 'noted',
      reason: null,
    });
  try {
    await until('it listens', async () => {
      await write('before');
      return heard.includes('before') || undefined;
    });
    way.freeze();
    await until('it listens again', async () => {
      await write('after');
      return heard.includes('after') || undefined;
    });
  } finally {
    await feed.close();
  }
});
