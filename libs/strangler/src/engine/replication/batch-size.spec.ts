import { afterConflict, afterPoison, afterRetry, afterStored, fullSize } from './batch-size.js';

const full = fullSize(2_000);

it('grows back by doubling, and is stored as an upsert again', () => {
  const small = { ...full, rows: 3, chunkRows: 1_500, mode: 'replace' as const };
  expect(afterStored(small, 2_000)).toEqual({ ...full, rows: 6 });
});

it('shrinks after a time-out, to a floor', () => {
  expect(afterRetry(full)).toEqual({ ...full, rows: 1_000, chunkRows: 1_000 });
  expect(afterRetry({ ...full, rows: 60, chunkRows: 3 })).toEqual({ ...full, rows: 50, chunkRows: 3 });
});

it('a conflict comes again as a replacement, with more changes', () => {
  expect(afterConflict(full)).toEqual({ ...full, rows: 10_000, mode: 'replace' });
});

it.each([
  ['both kinds: first the changes alone', { changed: 5, copied: 5 }, { next: { ...full, only: 'changes' } }],
  ['half of the changes', { changed: 9, copied: 0 }, { next: { ...full, rows: 4 } }],
  ['half of the chunk', { changed: 0, copied: 9 }, { next: { ...full, only: 'chunk', chunkRows: 5 } }],
  ['the one change', { changed: 1, copied: 0 }, { park: 'change' }],
  ['the one row', { changed: 0, copied: 1 }, { park: 'row' }],
])('poison: %s', (_, tried, after) => {
  expect(afterPoison(full, tried)).toEqual(after);
});

it('a chunk that was left out for the search comes next, alone', () => {
  expect(afterStored({ ...full, only: 'changes' }, 2_000)).toEqual({ ...full, only: 'chunk' });
  expect(afterStored({ ...full, only: 'chunk' }, 2_000)).toEqual(full);
});
