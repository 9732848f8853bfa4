import { assert, integer, property } from 'fast-check';
import { pence } from './pence.js';

describe('pence', () => {
  it.each([
    ['2.55', 255],
    ['2.1', 210],
    ['7', 700],
    ['0.0', 0],
    ['-11062.06', -1_106_206],
    ['-0.00', 0],
  ])('reads %s as %d', (text, amount) => {
    expect(pence(text)).toBe(amount);
  });

  it('loses no penny where a float would: 1.15 * 100 is 114.99999999999999', () => {
    assert(
      property(integer({ min: 0, max: 1_000_000_000 }), (amount) => {
        const text = `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;
        return pence(text) === amount;
      }),
    );
  });

  it.each(['', '.', '1.', '1.005', '1,50', '£2', '1e3', 'NaN'])(
    'refuses "%s" instead of guessing',
    (text) => {
      expect(() => pence(text)).toThrow('is no amount');
    },
  );
});
