import fc from 'fast-check';
import { frameSize, mostPieces } from './frame-size.js';

const MB = 1_048_576;

it.each([
  ['a message of NATS', MB, 1_000, { bytes: MB - 8_192 - 2_000, rowBytes: 48 * MB - 8_192 - 2_000 }],
  ['a small one', 65_536, 1_000, { bytes: 65_536 - 10_192, rowBytes: 48 * 65_536 - 10_192 }],
  [
    'a very large one: no batch or row grows with it',
    64 * MB,
    1_000,
    { bytes: MB - 10_192, rowBytes: 48 * MB - 10_192 },
  ],
  ['more names than a message carries', MB, 2 * MB, { bytes: MB / 2, rowBytes: 44 * MB - 8_192 }],
])('%s', (_, maxPayload, named, size) => {
  expect(frameSize(maxPayload, named)).toEqual(size);
});

it('a batch eight times as large, with the largest row behind it, is fetched in as many pieces as are taken', () => {
  const sizes = { maxPayload: fc.integer({ min: 65_536, max: 64 * MB }), named: fc.nat(20_000) };
  fc.assert(
    fc.property(fc.record(sizes), ({ maxPayload, named }) => {
      const { bytes, rowBytes } = frameSize(maxPayload, named);
      expect(bytes).toBeGreaterThan(0);
      expect(8 * bytes + rowBytes + 2 * named).toBeLessThan(mostPieces * maxPayload);
    }),
  );
});
