import type { OwnershipRow } from '../ownership/ownership.js';
import type { Side } from '../../routes/phase.js';
import type { VerifyRow } from './chunk.js';
import { borderOf } from './border.js';
import { compareRow, type RowPair } from './difference.js';

/* Whose row counts, and what is told of it. */

const ownership = (side: Side, extractedBelow: number, fence?: [number, number]): OwnershipRow => ({
  module: 'box',
  side,
  epoch: 1,
  extractedBelow,
  fenceFrom: fence?.[0] ?? null,
  fenceTo: fence?.[1] ?? null,
  capture: true,
  mayShift: 0,
  version: 1,
});
const at = (border: number) =>
  borderOf({ monolith: ownership('monolith', border), extracted: ownership('extracted', border) });

describe('who owns a bucket', () => {
  const half = 5_000;
  const fence: [number, number] = [4_000, half];
  it.each([
    ['below the border: extracted', at(half), 4_999, 'extracted'],
    ['from the border on: monolith', at(half), half, 'monolith'],
    [
      'fenced on one side, not yet owned by the other: nobody',
      borderOf({ monolith: ownership('monolith', 4_000, fence), extracted: ownership('extracted', 4_000) }),
      4_500,
      undefined,
    ],
    [
      'owned by the new side, not yet released by the old one: the new side',
      borderOf({ monolith: ownership('monolith', 4_000, fence), extracted: ownership('extracted', half) }),
      4_500,
      'extracted',
    ],
    [
      'claimed by both: nobody',
      borderOf({ monolith: ownership('monolith', 4_000), extracted: ownership('extracted', half) }),
      4_500,
      undefined,
    ],
  ])('%s', (_what, border, bucket, owner) => {
    expect(border.owner(bucket)).toBe(owner);
  });
});

const row = (note: string | null, { bucket = 1_000, key = 'k' } = {}): Record<Side, VerifyRow> => {
  const one = { pk: ['1'], key, bucket, version: '1', fields: { id: '1', note } };
  return { monolith: one, extracted: one };
};
const pair = (
  monolith: Record<Side, VerifyRow> | undefined,
  extracted: Record<Side, VerifyRow> | undefined,
): RowPair => ({ pk: ['1'], monolith, extracted });
const told = { table: 'thing', pk: ['1'], key: 'k', fields: {} };

it.each([
  ['the same', at(0), pair(row('a'), row('a')), undefined],
  ['only at the owner', at(0), pair(row('a'), undefined), { ...told, owner: 'monolith', kind: 'missing' }],
  ['only at the copy', at(0), pair(undefined, row('a')), { ...told, owner: 'monolith', kind: 'orphan' }],
  [
    'the other way round',
    at(10_000),
    pair(row('a'), undefined),
    { ...told, owner: 'extracted', kind: 'orphan' },
  ],
  [
    'null and empty',
    at(0),
    pair(row(null), row('')),
    { ...told, owner: 'monolith', kind: 'differs', fields: { note: { monolith: null, extracted: '' } } },
  ],
  [
    'a copy under a wrong key',
    at(0),
    pair(row('a'), row('b', { key: 'wrong', bucket: 7_000 })),
    {
      ...told,
      wrongKey: 'wrong',
      owner: 'monolith',
      kind: 'differs',
      fields: { note: { monolith: 'a', extracted: 'b' } },
    },
  ],
  [
    'each under a key that is the other’s',
    at(5_000),
    pair(row('a', { bucket: 1_000 }), row('a', { bucket: 7_000 })),
    'moving',
  ],
])('%s', (_what, border, rows, expected) => {
  expect(compareRow('thing', rows, border)).toEqual(expected);
});
