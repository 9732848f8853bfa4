import { Logger } from '@nestjs/common';
import { Controlled } from '../../../../../test/support/controlled.js';
import { beginCapture } from '../steps/capture-step.js';

/* What an operator reads before a database that was put back becomes the copy: which writes and rows are at stake. */
let controlled: Controlled;
beforeEach(async () => {
  for (const level of ['log', 'warn'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  controlled = await Controlled.open();
});
afterEach(() => controlled.close());

const query = (sql: string) => controlled.sides.monolith.test.query(sql);
/** The monolith was put back, and the service has everything. */
const putBack = async () => {
  await query(`update strangler.ownership set standing = 'rolled back'`);
  await controlled.sides.extracted.test.query('update strangler.ownership set extracted_below = 10000');
};
const planned = async () => {
  const by = { actor: 'ann', dryRun: true };
  const { plan, refusal } = await controlled.controller().operator.act('parcels', { verb: 'rejoin' }, by);
  expect(refusal).toBeUndefined();
  return plan;
};
const captured = async () => {
  await query(`insert into parcels.parcel values ('old', 1)`);
  await beginCapture(controlled.sides.controls);
  await controlled.sides.drained();
  controlled.sides.monolith.still = controlled.sides.extracted.still = true;
};

it('names the changes that nobody else may have, pending and parked, and the rows that are replaced', async () => {
  await captured();
  await query(`insert into parcels.parcel select 'P-' || n, n from generate_series(1, 7) n`);
  await query(
    `insert into parcels.parcel values ('heavy', 1); update parcels.parcel set weight = 2 where code = 'old'`,
  );
  await query(`update strangler.outbox set parked = 'too large' where pks = array['{heavy}']`);
  await putBack();
  expect(await planned()).toEqual([
    expect.stringMatching(
      /^monolith gives up at epoch \d+: 9 changes of its outbox, .* become a report \(strangler.given_up\): 9 in parcel \(P-1, P-2, P-3, P-4, P-5, …\)$/,
    ),
    'extracted owns everything, and fills monolith anew: all rows there are replaced (parcel: 9), and what stands there and not on extracted is deleted',
    'phase extracted',
  ]);
});

it('an empty outbox is told as such; a large table is told by its statistics', async () => {
  await captured();
  await query(`alter table parcels.parcel disable trigger all`);
  await query(`insert into parcels.parcel select 'P-' || n, n from generate_series(1, 10100) n`);
  await query('analyze parcels.parcel');
  await putBack();
  const [first, second] = await planned();
  expect(first).toMatch(/: 0 changes of its outbox, .*\(strangler.given_up\)$/);
  expect(second).toContain('(parcel: about 10101)');
});

it('of a monolith from before the move it is said that no capture knows, and how to look', async () => {
  await query(`insert into parcels.parcel values ('since', 1)`);
  await putBack();
  const [first, second] = await planned();
  expect(first).toMatch(
    /no capture knows what it took since.*pg_dump --data-only --schema=parcels.*monolith/,
  );
  expect(second).toContain('(parcel: 1)');
});

it('a side that does not say which changes does not stand in the way', async () => {
  await captured();
  await query(`insert into parcels.parcel values ('new', 1)`);
  await putBack();
  controlled.sides.monolith.fault = (method, proceed) =>
    method === 'stake' ? Promise.reject(new Error('a side has no method stake')) : proceed();
  const [first, second] = await planned();
  expect(first).toMatch(
    /1 changes of its outbox.*: which, monolith did not say \(a side has no method stake\)$/,
  );
  expect(second).toMatch(/all rows there are replaced, and what/);
});
