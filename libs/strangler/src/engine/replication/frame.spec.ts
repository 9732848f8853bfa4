import { decodeFrame, encodeFrame, type Batch } from './frame.js';

const batch: Batch = {
  ...{ module: 'fruit', term: 3, seq: 7, mode: 'upsert', ids: [1, 9_999], after: { term: 3, seq: 6 } },
  origin: {
    ...{ from: 'a', to: 'b', start: 's', life: 1, confirmed: null, complete: true },
    claims: { side: 'monolith', epoch: 1, below: 0, fenceFrom: null, fenceTo: null },
  },
  parts: [
    { kind: 'gone', table: 'basket', text: '[[["1"],"żółw 🐢"]]' },
    { kind: 'rows', table: 'basket', columns: ['id', 'odd "name"\n'], text: '[{"id":"1"}]' },
  ],
};

it('comes out as it went in', () => {
  expect(decodeFrame(encodeFrame(batch))).toEqual(batch);
  expect(decodeFrame(encodeFrame({ ...batch, parts: [] }))).toEqual({ ...batch, parts: [] });
});

it('a frame that was cut off is refused', () => {
  expect(() => decodeFrame(encodeFrame(batch).subarray(0, -1))).toThrow(/^a frame of \d+ bytes/);
});
