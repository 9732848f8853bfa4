import { Logger } from '@nestjs/common';
import type { Side } from '#strangler/routes/phase';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 * A column is wider on one side than on the other: half of a migration, or a slip in one. What would go wrong: a value of the wider column
 * is rounded, cut, or put to another day as it is stored in the narrower one, nobody says so, and with the next hand-off the narrower
 * side's value is the only one.
 */
let scene: Changing;

const exact = '1.2345';
const open = async (monolith: string, extracted: string) => {
  scene = await Changing.open({ ddl: 'alter table parcels.parcel add price numeric(10, 4)' });
  await scene.free();
  await scene.on('monolith', `alter table parcels.parcel alter price type ${monolith}`);
  await scene.on('extracted', `alter table parcels.parcel alter price type ${extracted}`);
  await scene.tend();
};
const priceOn = async (side: Side, code: string) =>
  (
    await scene.on<{ price: string }>(side, `select price::text from parcels.parcel where code = '${code}'`)
  )[0]?.price;
const write = (code: string, price = exact) =>
  scene.on('monolith', `insert into parcels.parcel values ('${code}', 1, '${price}') returning code`);

beforeEach(() => {
  for (const level of ['warn', 'log'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

it.each([
  ['rounded', 'numeric(10, 4)', 'numeric(7, 1)', exact, `make it numeric(10,4) on extracted, too`],
  ['cut', 'text', 'character varying(3)', 'ab    ', `make it text on extracted, too`],
  ['put to midnight', 'timestamptz', 'date', '2026-01-01 10:00:00+00', 'make them the same'],
])(
  'a value is not %s: it waits, no hand-off begins, and goes over once the other side is as wide',
  async (_what, wide, narrow, value, advice) => {
    await open(`${wide} using null`, `${narrow} using null`);
    await write('first', value);
    const problems = await until('it is said', async () => {
      const told = await scene.problems();
      return told.includes('the column price of parcel') ? told : undefined;
    });
    expect(problems).toContain(advice);
    await until('it waits', async () =>
      (await scene.both.states()).monolith.outgoing.lagMs > 500 ? true : undefined,
    );
    expect(await priceOn('extracted', 'first')).toBeUndefined();
    // Nothing of it is set aside: it goes by itself.
    expect((await scene.both.states()).monolith.outgoing).toMatchObject({ parked: 0 });
    await scene.on('extracted', `alter table parcels.parcel alter price type ${wide} using null`);
    await scene.tend();
    await scene.free();
    expect(await priceOn('extracted', 'first')).toBe(await priceOn('monolith', 'first'));
    expect(await scene.move(10_000)).toMatchObject({ outcome: 'done' });
  },
);

it('into a wider column values go at once; only hand-offs wait, and what is written there after one fits', async () => {
  await open('numeric(10, 4)', 'numeric(12, 6)');
  await write('first');
  await until('it has gone over', async () => ((await priceOn('extracted', 'first')) ? true : undefined));
  expect(Number(await priceOn('extracted', 'first'))).toBe(Number(exact));
  expect(await scene.problems()).toContain('make it numeric(12,6) on monolith, too');
  await scene.on('monolith', 'alter table parcels.parcel alter price type numeric(12, 6)');
  await scene.tend();
  await scene.free();
  expect(await scene.move(10_000)).toMatchObject({ outcome: 'done' });
  await scene.on('extracted', `update parcels.parcel set price = 0.123456 where code = 'first'`);
  await scene.both.drained();
  expect(await priceOn('monolith', 'first')).toBe('0.123456');
});
