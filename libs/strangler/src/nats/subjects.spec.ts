import { Subjects } from './subjects.js';

const subjects = new Subjects('shop');
const there = { module: 'stock', side: 'extracted', database: 'd1' } as const;

it('what a message is for comes before whom it is for', () => {
  expect(subjects.rpc(there, 'reserve')).toBe('shop.rpc.stock.extracted.d1.reserve');
  expect(subjects.control(there)).toBe('shop.control.stock.extracted.d1');
  expect(subjects.replicate(there)).toBe('shop.replicate.stock.extracted.d1');
  expect(subjects.pieces(there, 'b1')).toBe('shop.replicate.stock.extracted.d1.pieces.b1');
  expect(subjects.routesChanged('m')).toBe('shop.routes.changed.m');
  expect(subjects.routesGet('m')).toBe('shop.routes.get.m');
  expect(subjects.inboxOf('stock')).toBe('_INBOX_shop.stock');
});

it.each(['', 'Shop', 'a.b', 'a b', '*', '>', 'a'.repeat(33)])('%j is no namespace', (name) => {
  expect(() => new Subjects(name)).toThrow(RangeError);
});
