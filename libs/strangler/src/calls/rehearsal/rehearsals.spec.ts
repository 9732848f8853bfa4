import { prepare, type PreparedOperation } from '../../contract/operation.js';
import { toy } from '../../../../../test/support/toy.js';
import { until } from '../../../../../test/support/until.js';
import type { Rehearsed } from './rehearsal.js';
import { Rehearsals } from './rehearsals.js';

/* A rehearsal may find out anything, and must never touch the caller. */

const put = prepare(toy).get('put') as PreparedOperation;
const committed = { operation: put, side: 'monolith', input: { name: 'A' } } as const;
const counted: unknown[] = [];
const kept: unknown[] = [];

function begin(rehearse: () => Promise<Rehearsed>, share = 1) {
  counted.length = kept.length = 0;
  const asked = jest.fn(rehearse);
  const store = { keep: (...what: unknown[]) => Promise.resolve(void kept.push(what)) };
  const counts = { add: (...what: unknown[]) => void counted.push(what) };
  return { asked, rehearsals: new Rehearsals(store, counts, asked, () => share) };
}
const oneCounted = () => until('one is counted', () => (counted.length > 0 ? true : undefined));

it.each<[string, () => Promise<Rehearsed>, object]>([
  ['runs', () => Promise.resolve({ outcome: 'done' }), { compared: 1, mismatches: 0 }],
  ['fails', () => Promise.resolve({ outcome: 'failed' }), { compared: 1, mismatches: 1 }],
  ['says nothing', () => Promise.resolve({ outcome: 'none', why: 'x' }), { unavailable: 1 }],
  ['cannot be asked for', () => Promise.reject(new Error('nobody is there')), { unavailable: 1 }],
])('a command that %s on the other side is counted so', async (_what, rehearse, expected) => {
  const { asked, rehearsals } = begin(rehearse);
  rehearsals.committed(committed);
  await oneCounted();
  await rehearsals.close();
  expect(asked.mock.calls).toEqual([[put, 'extracted', { name: 'A' }]]);
  expect(counted).toEqual([['toy', 'rehearsal', expected]]);
});

it('of one that fails it is kept which', async () => {
  const { rehearsals } = begin(() => Promise.resolve({ outcome: 'failed' }));
  rehearsals.committed(committed);
  await oneCounted();
  await rehearsals.close();
  const differences = [{ path: 'rehearsal', monolith: null, extracted: 'failed' }];
  expect(kept).toEqual([['toy', 'put', { name: 'A' }, differences]]);
});

it('one at a time: who comes meanwhile is not tried', async () => {
  let end: (ended: Rehearsed) => void = () => undefined;
  const { asked, rehearsals } = begin(() => new Promise((resolve) => (end = resolve)));
  for (let i = 0; i < 10; i++) rehearsals.committed(committed);
  await until('one is asked for', () => (asked.mock.calls.length > 0 ? true : undefined));
  rehearsals.committed(committed);
  end({ outcome: 'done' });
  await rehearsals.close();
  expect(asked).toHaveBeenCalledTimes(1);
});

it('where none is wanted, none is asked for; nor of a query', async () => {
  const { asked, rehearsals } = begin(() => Promise.resolve({ outcome: 'done' }), 0);
  rehearsals.committed(committed);
  await rehearsals.close();
  const wanted = begin(() => Promise.resolve({ outcome: 'done' }));
  wanted.rehearsals.committed({ ...committed, operation: prepare(toy).get('look') as PreparedOperation });
  await wanted.rehearsals.close();
  expect([...asked.mock.calls, ...wanted.asked.mock.calls]).toEqual([]);
});
