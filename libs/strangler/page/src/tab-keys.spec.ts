import { array, assert, constantFrom, integer, property } from 'fast-check';
import { placeAfter } from './tab-keys.js';

const keys = ['ArrowRight', 'ArrowLeft', 'Home', 'End', 'Tab', 'a'] as const;
const walked = (pressed: readonly string[], from: number, count: number): number =>
  pressed.reduce((place, key) => placeAfter(place, key, count) ?? place, from);

describe('keys of tabs', () => {
  it.each([
    ['ArrowRight', 1],
    ['ArrowLeft', 4],
    ['Home', 0],
    ['End', 4],
    ['ArrowDown', null],
    ['toString', null],
  ])('%s leads from the first of five to %s', (key, place) => {
    expect(placeAfter(0, key, 5)).toBe(place);
  });

  it('never lead out of the row, and back where each arrow is taken back', () => {
    assert(
      property(integer({ min: 1, max: 12 }), array(constantFrom(...keys)), (count, pressed) => {
        const place = walked(pressed, 0, count);
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThan(count);
        expect(walked(['ArrowRight', 'ArrowLeft'], place, count)).toBe(place);
        expect(walked(Array<string>(count).fill('ArrowRight'), place, count)).toBe(place);
      }),
    );
  });
});
