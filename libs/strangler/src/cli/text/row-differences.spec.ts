import type { RowDifference } from '../../control/terms/views.js';
import { paint } from './line.js';
import { differenceLines, onSideInWords } from './row-differences.js';

const row = (
  kind: RowDifference['kind'],
  owner: RowDifference['owner'] = 'extracted',
  pk = ['P-7'],
): RowDifference => ({
  ...{ table: 'parcel', pk, owner, kind, fields: kind === 'differs' ? ['note', 'weight'] : [] },
});

it('says what each side holds of a row that differs', () => {
  expect(onSideInWords(row('missing'), 'monolith')).toBe('missing');
  expect(onSideInWords(row('missing'), 'extracted')).toBe('the row that counts');
  expect(onSideInWords(row('differs', 'monolith'), 'extracted')).toBe('other values: note, weight');
  expect(onSideInWords(row('orphan'), 'extracted')).toBe('no row, which counts');
  expect(onSideInWords(row('orphan'), 'monolith')).toBe('a row too many');
});

it.each<[string, RowDifference[], number, RegExp[]]>([
  [
    'all of them',
    [row('missing'), row('differs', 'monolith', ['A', '1'])],
    2,
    [
      /^ +TABLE +KEY +MONOLITH +EXTRACTED$/,
      /^ +parcel +P-7 +missing +the row that counts$/,
      /^ +parcel +A\/1 +the row that counts +other values: note, weight$/,
    ],
  ],
  ['those that are kept', [row('orphan')], 1_200, [/TABLE/, /P-7/, /^ +the first 1 of them$/]],
  ['none, where nobody has kept them', [], 3, [/^ +which rows they are, nobody has kept: verify once more$/]],
])('tells %s', (_what, rows, all, says) => {
  const lines = differenceLines(rows, all).map((one) => paint(one, false));
  expect(lines).toEqual(says.map((each) => expect.stringMatching(each) as string));
});
