import { Logger } from '@nestjs/common';
import { SteadyClock } from '#strangler/control/terms/clock';
import { verifyBoth } from '#strangler/control/reconcile/verify-both';
import { actDirectly } from '#strangler/control/commands/direct';
import { beginCapture } from '#strangler/control/steps/capture-step';
import { handOff, planHandOff } from '#strangler/control/steps/hand-off';
import { describeTables, nameOfTable, sqlOfTable, type MovingModule } from '#strangler/database/tables';
import { SideAgent } from '#strangler/sides/agent';
import { retireTables } from '#strangler/sides/retire';
import { startCapture } from '#strangler/engine/ownership/capture';
import { sides, type Side } from '#strangler/routes/phase';
import { freshDatabase } from '../../support/postgres.js';
import { directSides, parcels, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';

/*
 * Tables of an application stand where they have always stood: several modules in `public`, two tables of one name in two schemas, names
 * that have to be quoted. What would go wrong: rows of one go into another; a table is left behind, or somebody else's is taken along; a
 * sequence gives out a number twice.
 */
const odd = 'it"s odd';
const moving: MovingModule = {
  ...parcels,
  ownership: 'whole',
  routingKey: undefined,
  tables: ['parcel', 'public.parcel', nameOfTable('parcels', odd, 'Parcel; of.all'), 'public.ticket'],
};
const places = moving.tables.slice(1, 3).map((name) => sqlOfTable('parcels', name));
const ddl = `
  create schema "it""s odd";
  ${places.map((table) => `create table ${table} (code text primary key, note text);`).join('\n')}
  create sequence public.numbers;
  create table public.ticket (id serial primary key, number bigint not null default nextval('public.numbers'), note text);
  create table public.label (id serial primary key, text text);`;
const all = ['parcels.parcel', ...places, 'public.ticket'];

let both: Sides;
beforeEach(async () => {
  Logger.overrideLogger(false);
  both = await directSides(moving, ddl);
});
afterEach(() => both.close());

const write = async (side: Side, code: string) => {
  await both[side].test.query('insert into parcels.parcel values ($1, 1)', [code]);
  for (const place of places)
    await both[side].test.query(`insert into ${place} values ($1, $2)`, [code, place]);
  await both[side].test.query('insert into public.ticket (note) values ($1)', [code]);
};
const rowsOn = (side: Side) =>
  Promise.all(all.map((table) => both[side].test.query(`select t::text as row from ${table} t order by 1`)));

const copied = () =>
  until('the copy is whole', async () =>
    (await both.extracted.control.state()).standpoint.complete ? true : undefined,
  );

async function move(below: number) {
  await both.drained();
  await copied();
  const [monolith, extracted] = await Promise.all(sides.map((side) => both.controls[side].state()));
  const plan = planHandOff(below, { monolith: monolith!, extracted: extracted! });
  return handOff(both.controls, plan, { clock: new SteadyClock(), drainMs: 5_000 });
}
const differences = async () => {
  const tables = await describeTables(both.monolith.database, moving);
  const here = { tables, rows: () => Promise.resolve(4) };
  return (
    await verifyBoth(both.controls, here, {
      repair: false,
      cursor: null,
      onProgress: () => Promise.resolve(),
    } as never)
  ).examples;
};

it('all rows go out and come back, each into its own table, and numbers go on', async () => {
  await write('monolith', 'before');
  expect(await both.controls.monolith.check()).toEqual([]);
  await beginCapture(both.controls);
  await write('monolith', 'while');
  expect(await move(10_000)).toMatchObject({ outcome: 'done', reason: null });
  expect(await differences()).toEqual([]);
  await write('extracted', 'away');
  await both.extracted.test.query(`update ${places[0]!} set note = 'other' where code = 'before'`);
  await both.extracted.test.query(`delete from ${places[1]!} where code = 'before'`);
  await expect(write('monolith', 'past')).rejects.toMatchObject({ code: 'SR409' });
  expect(await move(0)).toMatchObject({ outcome: 'done', reason: null });
  expect(await differences()).toEqual([]);
  await write('monolith', 'back');
  await both.drained();
  expect(await rowsOn('extracted')).toEqual(await rowsOn('monolith'));
  const tickets = await both.monolith.test.query(
    'select id, number::int, note from public.ticket order by id',
  );
  expect(tickets).toEqual(
    ['before', 'while', 'away', 'back'].map((note, i) => ({ id: i + 1, number: i + 1, note })),
  );
});

it('capture of one module is nothing to another one in the same schema', async () => {
  const { database, test } = both.monolith;
  const labels = { ...moving, module: 'labels', tables: ['public.label'] };
  await both.monolith.database.query(
    `insert into strangler.ownership (module, side, extracted_below, home) values ('labels', 'monolith', 0, strangler.home())`,
  );
  await startCapture(database, await describeTables(database, labels));
  await beginCapture(both.controls);
  await test.query(`insert into public.label (text) values ('mine')`);
  const written = await test.query(
    `select module, table_name as name from strangler.outbox where module = 'labels'`,
  );
  expect(written).toEqual([{ module: 'labels', name: 'public.label' }]);
  await both.controls.monolith.stopCapture({ epoch: (await both.controls.monolith.state()).ownership.epoch });
  await test.query(`insert into public.label (text) values ('still')`);
  expect(await test.query(`select from strangler.outbox where module = 'labels'`)).toHaveLength(2);
  const left = await test.query<{ table: string }>(
    `select distinct tgrelid::regclass::text as table from pg_trigger where tgname = 'strangler_insert'`,
  );
  expect(left).toEqual([{ table: 'label' }]);
});

it('a table that is named no more and dropped is forgotten, in whatever schema', async () => {
  await beginCapture(both.controls);
  await both.drained();
  const fewer = { ...moving, tables: moving.tables.filter((name) => name !== 'public.parcel') };
  const { test, database } = both.monolith;
  await test.query(`insert into public.parcel values ('late', 'late')`);
  both.monolith.still = true;
  const agent = new SideAgent({ database, module: fewer, side: 'monolith', link: undefined });
  const known = () => test.query(`select from strangler.captured_table where table_name = 'public.parcel'`);
  await agent.tend();
  expect(await known()).toHaveLength(1);
  await test.query('drop table public.parcel');
  await agent.tend();
  expect(await known()).toHaveLength(0);
});

it("retired, they make room, and what is not the module's stays", async () => {
  await write('extracted', 'kept');
  // The schema bears the module's name, and the table is another module's all the same.
  const { database } = both.extracted;
  await database.query('create table parcels.label (id serial primary key)');
  const { ownership } = await both.controls.extracted.state();
  const tables = async () =>
    (
      await both.extracted.test.query<{ name: string }>(
        `select schemaname || '/' || tablename as name from pg_tables where schemaname ~ '^(parcels|public)' order by 1`,
      )
    ).map(({ name }) => name);
  const retire = (purge: boolean) =>
    retireTables(database, moving, { purge, epoch: ownership.epoch }, ['"parcels"."label"', '"gone"."gone"']);
  await retire(false);
  const retired = [
    `parcels_retired.${odd}/Parcel; of.all`,
    'parcels_retired/parcel',
    'parcels_retired.public/parcel',
    'parcels_retired.public/ticket',
    'public/label',
    'parcels/label',
  ];
  expect((await tables()).sort()).toEqual(retired.sort());
  await retire(false);
  expect((await tables()).sort()).toEqual(retired.sort());
  await retire(true);
  expect(await tables()).toEqual(['parcels/label', 'public/label']);
});

it('who takes over without the other side fills it with all of them, and counts on', async () => {
  await write('monolith', 'sent');
  await beginCapture(both.controls);
  await both.drained();
  await copied();
  both.monolith.still = both.extracted.still = true;
  Object.assign(both.extracted, { other: undefined });
  await actDirectly(both.extracted.test.url, {
    ...{ module: 'parcels', verb: 'failover', iHaveFencedIt: true, dryRun: false },
  });
  const filled = await both.extracted.test.query<{ name: string }>(
    'select table_name as name from strangler.backfill',
  );
  expect(filled.map(({ name }) => name).sort()).toEqual([...moving.tables].sort());
  await both.extracted.test.query(`insert into public.ticket (note) values ('new')`);
  expect(await both.extracted.test.query('select id, number::int from public.ticket order by id')).toEqual([
    { id: 1, number: 1 },
    { id: 2, number: 2 },
  ]);
});

it('a table that is not there is named with its schema, and with what makes it', async () => {
  const test = await freshDatabase();
  const on = { query: test.query } as never;
  await expect(describeTables(on, { ...moving, tables: ['public.gone'] })).rejects.toThrow(
    'public.gone: there is no such table; in the monolith the migrations make it, in a service what "strangler generate" has written',
  );
  for (const [table, maker] of [
    ['idempotency', 'create_idempotency_table'],
    ['event_cursor', 'create_event_tables'],
  ] as const) {
    const missing = describeTables(on, { ...moving, tables: [table] });
    const message = await missing.then(
      () => 'described',
      (error: unknown) => (error as Error).message,
    );
    const sql = message.split('database of the service: ')[1] ?? '';
    expect(sql).toContain(`${maker}('parcels')`);
    await test.query(sql);
    expect(await describeTables(on, { ...moving, tables: [table] })).toHaveLength(1);
  }
  await test.drop();
  expect(() => nameOfTable('parcels', 'a.b', 'c')).toThrow(
    'the schema "a.b" of the table c has a dot in its name',
  );
});
