import { paint, type Line } from './line.js';
import { answerLines, findingLines, mismatchLines, quarantinedLines } from './lists.js';

const plain = (lines: readonly Line[]) => lines.map((one) => paint(one, false));

it('an answer is a numbered plan', () => {
  const answer = { module: 'parcels', verb: 'run', dryRun: true, plan: ['capture', 'copy'] } as const;
  expect(plain(answerLines({ ...answer, plan: [...answer.plan] }))).toEqual([
    'parcels: run  (dry run: nothing is done)',
    '   1. capture',
    '   2. copy',
  ]);
  expect(plain(answerLines({ ...answer, plan: [], refusal: 'too early' }))[1]).toBe(
    '  in the way now: too early',
  );
  expect(plain(answerLines({ ...answer, dryRun: false, plan: [] }))).toEqual([
    'parcels: run',
    '  nothing to do',
  ]);
});

it('a quarantined row is told with its reason', () => {
  const row = {
    id: 7,
    table: 'items',
    pk: ['A', '1'],
    key: 'A',
    reason: 'too large',
    at: 'then',
    side: 'monolith',
  };
  expect(plain(quarantinedLines([row]))[1]).toBe('7   monolith  items  A, 1  then   too large');
});

it('a mismatch is told field by field, and a value that is missing is not null', () => {
  const differences = [{ path: 'price.amount', monolith: 255, extracted: undefined }];
  const one = { at: 'then', operation: 'getProduct', input: { sku: 'A' }, differences };
  expect(plain(mismatchLines([one]))).toEqual([
    'then  getProduct  {"sku":"A"}',
    '  FIELD         MONOLITH  EXTRACTED',
    '  price.amount  255       missing',
  ]);
  expect(plain(mismatchLines([]))).toEqual(['no answers have differed']);
});

it('a mismatch tells with which line of the contract its field is compared no more', () => {
  const differences = [{ path: 'at', monolith: 1, extracted: 2, volatileLine: `volatile: ['at']` }];
  const lines = mismatchLines([{ at: 'now', operation: 'find', input: 'A', differences }]);
  const said = lines.map((one) => paint(one, false));
  expect(said.at(-1)).toBe(`  if at may differ, in the contract, at find: volatile: ['at']`);
});

it('a finding says what it is, what it means and what frees it', () => {
  const finding = {
    module: 'parcels',
    problem: 'stuck',
    meaning: 'waits',
    remedy: 'abort it',
    repairable: true,
  };
  expect(plain(findingLines([finding]))).toEqual([
    'parcels  stuck',
    '  waits',
    '  → abort it  ("doctor --repair" does it)',
  ]);
  expect(plain(findingLines([]))).toEqual(['nothing is stuck']);
});
