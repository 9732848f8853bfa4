import type { Release } from '../fixtures/make/release.js';
import { endAllPrograms } from '../support/programs.js';
import { Beside, releaseBefore } from './support/beside.js';

/*
 * Processes of the release before work beside those of this one, on either side and on the same databases, while customers order and
 * keys go over in between: real processes of both, built from the tag and from this checkout.
 */
let before: Release;
let shop: Beside;

beforeAll(async () => {
  before = await releaseBefore();
}, 300_000);
/** All of it is of the release before; half of the keys are with their services. */
async function begin(...moving: Parameters<typeof Beside.open>[1]): Promise<void> {
  shop = await Beside.open(before, moving);
  await shop.monolith('first', 'before');
  await shop.copies('before');
  await shop.customers('first');
  await shop.handOver(50);
  await shop.placed(10);
}

afterEach(async () => {
  await shop.close();
  endAllPrograms();
});
afterAll(() => before.remove());

it('services first, copy by copy; then the monolith, one beside the other', async () => {
  await begin('inventory', 'orders');
  await shop.copies('now');
  await shop.placed(10);
  await shop.stopCopies('before');
  // The release before leads, and both sides are new to one another.
  await shop.handOver(75);
  await shop.placed(10);

  await shop.monolith('second', 'now');
  await shop.customers('second');
  await shop.handOver(25);
  await shop.placed(10);
  await shop.stopMonolith('first');
  await shop.monolith('first', 'now');
  await shop.handOver(60);
  await shop.placed(10);

  await shop.handOver(0);
  expect(await shop.account()).toBeGreaterThan(60);
}, 600_000);

it('the monolith first, one beside the other, then back and forth; then the services', async () => {
  await begin('inventory', 'orders');
  await shop.monolith('second', 'now');
  await shop.customers('second');
  await shop.placed(10);
  // Now this release leads, with services of the one before.
  await shop.stopMonolith('first');
  await shop.handOver(75);
  await shop.monolith('first', 'before');
  await shop.placed(10);
  await shop.handOver(25);
  await shop.stopMonolith('first');
  await shop.monolith('first', 'now');

  await shop.copies('now');
  await shop.placed(10);
  await shop.stopCopies('before');
  await shop.handOver(60);
  await shop.placed(10);

  await shop.handOver(0);
  expect(await shop.account()).toBeGreaterThan(60);
}, 600_000);

/* Of money they are replaced first (docs/upgrading.md): all that have it, one after the other. */
it('payments, whose charges are another thing in each release', async () => {
  await begin('payments');
  await shop.copies('now');
  await shop.stopCopies('before');
  await shop.placed(10);
  await shop.monolith('second', 'now');
  await shop.stopMonolith('first');
  await shop.monolith('first', 'now');
  await shop.placed(10);
  await shop.handOver(75);
  await shop.placed(10);

  await shop.handOver(0);
  expect(await shop.account()).toBeGreaterThan(40);
}, 600_000);
