import { Subjects } from './subjects.js';

const subjects = new Subjects('shop');
const there = { module: 'stock', side: 'extracted', database: 'any' } as const;

it('what a message is for comes before whom it is for', () => {
  expect(subjects.rpc(there, 'reserve')).toBe('shop.rpc.stock.extracted.any.reserve');
  expect(subjects.control(there)).toBe('shop.control.stock.extracted.any');
  expect(subjects.replicate(there)).toBe('shop.replicate.stock.extracted.any');
  expect(subjects.pieces(there, 'b1')).toBe('shop.replicate.stock.extracted.any.pieces.b1');
  expect([subjects.routesChanged, subjects.routesGet]).toEqual(['shop.routes.changed', 'shop.routes.get']);
  expect(subjects.inboxOf('stock')).toBe('_INBOX_shop.stock');
});

it.each(['', 'Shop', 'a.b', 'a b', '*', '>', 'a'.repeat(33)])('%j is no namespace', (name) => {
  expect(() => new Subjects(name)).toThrow(RangeError);
});
