import { MigrationWatch } from './migration-watch.js';

let now = 0;
let watch: MigrationWatch;
beforeEach(() => {
  now = 0;
  watch = new MigrationWatch(() => now);
});
const at = (place: string) => watch.see({ open: { name: 'grams', place, waitsFor: 'behind' } });

it('one that any process gets on with is not stuck, however long it takes', () => {
  for (; now < 600_000; now += 30_000) {
    at(`(${now})`);
    expect(watch.stuck).toBeNull();
  }
});

it('one that stands still is, from a minute on, and no more once it is done', () => {
  at('(1)');
  now = 60_001;
  at('(1)');
  expect(watch.stuck).toEqual({ name: 'grams', stuckMs: 60_001, problem: null, waitsFor: 'behind' });
  watch.see({ open: null });
  expect(watch.stuck).toBeNull();
});

it('one that fails says why, and no more once it only has to wait', () => {
  at('(1)');
  now = 70_000;
  watch.failed('integer out of range');
  expect(watch.stuck).toMatchObject({ name: 'grams', problem: 'integer out of range' });
  at('(1)');
  expect(watch.stuck).toMatchObject({ stuckMs: 70_000, problem: null });
});

it('one that fails from the start on is told, too', () => {
  watch.failed('names a table that does not move');
  now = 61_000;
  watch.failed('names a table that does not move');
  expect(watch.stuck).toMatchObject({ stuckMs: 61_000, problem: 'names a table that does not move' });
});

it('says what the first one waits for, and that the others wait for it', () => {
  const open = ['grams', 'names'].map((name) => ({ name, changed: 1, looked: 2, total: 3, sinceMs: 4 }));
  expect(watch.waiting(open)).toMatchObject([{ waitsFor: null }, { waitsFor: 'grams' }]);
  at('(1)');
  expect(watch.waiting(open)).toMatchObject([{ waitsFor: expect.stringContaining('the other side') }, {}]);
  watch.failed('overflow');
  expect(watch.waiting(open)).toMatchObject([{ waitsFor: 'overflow' }, {}]);
});
