import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { beginCapture } from '#strangler/control/steps/capture-step';
import { handOff, planHandOff } from '#strangler/control/steps/hand-off';
import { SteadyClock } from '#strangler/control/terms/clock';
import { verifyBoth } from '#strangler/control/reconcile/verify-both';
import { describeTables, type MovingModule } from '#strangler/database/tables';
import { bucketOf } from '#strangler/routes/bucket';
import { otherSide, sides, type Side } from '#strangler/routes/phase';
import { directSides, parcels, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';

/*
 * A row's routing key that no column holds: whoever calls computes it from what it was given, and the triggers from the row. What would go
 * wrong: the two do not agree, so that a row is written on one side and owned by the other; or a row changes its owner by an update.
 */
const moving: MovingModule = {
  ...parcels,
  routingKey: undefined,
  tables: ['public.account', 'public.seat'],
  keyExpressions: {
    'public.account': (row) => `lower(${row}.mail collate "C")`,
    'public.seat': (row) => `${row}.tenant || '/' || ${row}."No."::text`,
  },
};
const ddl = `
  create table public.account (id uuid primary key, mail text not null, note text);
  create unique index on public.account (lower(mail collate "C"));
  create table public.seat (tenant text not null, "No." integer not null, note text, primary key ("No.", tenant))`;

let both: Sides;
beforeAll(async () => {
  Logger.overrideLogger(false);
  both = await directSides(moving, ddl);
  expect([...(await both.controls.monolith.check()), ...(await both.controls.extracted.check())]).toEqual([]);
  await beginCapture(both.controls);
  await both.drained();
  await until('the copy is whole', async () =>
    (await both.extracted.control.state()).standpoint.complete ? true : undefined,
  );
  const [monolith, extracted] = await Promise.all(sides.map((side) => both.controls[side].state()));
  const plan = planHandOff(half, { monolith: monolith!, extracted: extracted! });
  expect(await handOff(both.controls, plan, { clock: new SteadyClock(), drainMs: 5_000 })).toMatchObject({
    outcome: 'done',
  });
});
afterAll(() => both.close());

const half = 5_000;
/** As the caller computes it, who has no row yet. */
const keyOfMail = (mail: string): string => mail.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const ownerOf = (key: string): Side => (bucketOf('parcels', key) < half ? 'extracted' : 'monolith');
const mails = [
  'Ann@Example.org',
  'bob@example.org',
  'ÉVA@x.org',
  "o'Neil@x.org",
  'C\\d@x.org',
  'zoë@X.org',
  'G@x.org',
];

/** What a command does: asserts that its key is owned here, and writes. */
const commands = (side: Side, key: string, insert: string, params: unknown[]) =>
  both[side].database.transaction(async (q) => {
    await q.query('select strangler.assert_owner($1, $2)', ['parcels', [key]]);
    await q.query(insert, params);
  });
const account = `insert into public.account values ($1, $2)`;
const seat = `insert into public.seat values ($1, $2)`;

it('who owns the key that the caller gives may write the row, and nobody else', async () => {
  for (const mail of mails) {
    const key = keyOfMail(mail);
    const owner = ownerOf(key);
    const other = both[otherSide(owner)];
    const loud = mail.replace(/[a-z]/g, (letter) => letter.toUpperCase());
    await expect(other.test.query(account, [randomUUID(), loud])).rejects.toMatchObject({ code: 'SR409' });
    await commands(owner, key, account, [randomUUID(), mail]);
  }
  for (let number = 1; number < 20; number += 1) {
    const key = `t${number % 3}/${number}`;
    const other = both[otherSide(ownerOf(key))];
    const row = [`t${number % 3}`, number];
    await expect(other.test.query(seat, row)).rejects.toMatchObject({ code: 'SR409' });
    await commands(ownerOf(key), key, seat, row);
  }
  expect(new Set(mails.map((mail) => ownerOf(keyOfMail(mail)))).size).toBe(2);
  await both.drained();
  const tables = await describeTables(both.monolith.database, moving);
  const order = { repair: false, cursor: null, onProgress: () => Promise.resolve() };
  const here = { tables, rows: () => Promise.resolve(0) };
  expect(await verifyBoth(both.controls, here, order as never)).toMatchObject({ differences: 0 });
  const all = 'select mail from public.account union all select tenant from public.seat';
  for (const side of sides) expect(await both[side].test.query(all)).toHaveLength(mails.length + 19);
});

it('what a prober asks with are keys as callers give them', async () => {
  const asked = await Promise.all(
    sides.map((side) => both.controls[side].sampleKeys({ from: 0, to: 10_000, limit: 100 })),
  );
  for (const keys of asked) {
    expect(keys).toEqual(expect.arrayContaining([...mails.map(keyOfMail), 't1/1', 't0/18']));
    expect(keys).toHaveLength(mails.length + 19);
  }
});

it('an update may change what the key is made of, and not the key', async () => {
  const mail = mails[0]!;
  const { test } = both[ownerOf(keyOfMail(mail))];
  await test.query('update public.account set mail = upper(mail), note = $2 where mail = $1', [mail, 'loud']);
  const change = test.query(`update public.account set mail = 'x' || mail where note = 'loud'`);
  await expect(change).rejects.toMatchObject({ code: 'SR403' });
  await both.drained();
  const there = await both[otherSide(ownerOf(keyOfMail(mail)))].test.query(
    `select mail from public.account where note = 'loud'`,
  );
  expect(there).toEqual([{ mail: mail.toUpperCase() }]);
});
