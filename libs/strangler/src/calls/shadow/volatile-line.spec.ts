import { Count } from '../../contract/fields.js';
import fc from 'fast-check';
import { contract } from '../../contract/contract.js';
import { query } from '../../contract/operation-kinds.js';
import { serviceContract } from '../../contract/service-contract.js';
import { compare } from './compare.js';
import { volatileLine, withVolatileLines } from './volatile-line.js';

class Sheet {
  @Count() count: number;
}
const stock = contract('stock', {
  ownership: 'whole',
  operations: {
    plain: query({ input: Sheet, output: Sheet }),
    signed: query({ input: Sheet, output: Sheet, volatile: ['signedAt'] }),
  },
});

class ShelfService {
  find(): Promise<{ seenAt: string }> {
    return Promise.resolve({ seenAt: 'now' });
  }
}
const shelf = serviceContract('shelf', ShelfService, {
  operations: { find: { kind: 'query', volatile: ['countedAt'] } },
});

describe('the line of the contract with which a field is compared no more', () => {
  it.each([
    ['plain', 'checkedAt', `volatile: ['checkedAt']`],
    ['plain', 'items.0.at', `volatile: ['items.*.at']`],
    ['plain', '12', `volatile: ['*']`],
    ['plain', 'line1.at', `volatile: ['line1.at']`],
    ['plain', `it's`, `volatile: ['it\\'s']`],
    ['signed', 'checkedAt', `volatile: ['signedAt', 'checkedAt']`],
    ['signed', 'signedAt', `volatile: ['signedAt']`],
  ])('%s, %s', (operation, path, line) => {
    expect(volatileLine(stock, operation, path)).toBe(line);
  });

  it('does not name the envelope in which the answer of a service stands', () => {
    expect(volatileLine(shelf, 'find', 'answer.seenAt')).toBe(`volatile: ['countedAt', 'seenAt']`);
    expect(volatileLine(shelf, 'find', 'answer')).toBeUndefined();
  });

  it('is not told where there is none', () => {
    expect(volatileLine(stock, 'plain', '')).toBeUndefined();
    expect(volatileLine(stock, 'plain', 'very.deep.…')).toBeUndefined();
    expect(volatileLine(stock, 'gone', 'at')).toBeUndefined();
  });

  it('stands beside each field that differs', () => {
    const of = { at: '2026-01-01T00:00:00Z', operation: 'plain', input: {} };
    const told = withVolatileLines(stock, {
      ...of,
      differences: ['', 'a'].map((path) => ({ path, monolith: 1, extracted: 2 })),
    });
    expect(told.differences).toEqual([
      { path: '', monolith: 1, extracted: 2 },
      { path: 'a', monolith: 1, extracted: 2, volatileLine: `volatile: ['a']` },
    ]);
  });

  it('names a path with which the comparison finds nothing any more, whatever differs', () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.nat(3),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(value, value, (a, b) => {
        const lines = compare({ a }, { a: b }, []).map(({ path }) => volatileLine(stock, 'plain', path)!);
        const paths = lines.map((line) => /'(.*)'/.exec(line)![1]!);
        return compare({ a }, { a: b }, paths).length === 0;
      }),
    );
  });
});
