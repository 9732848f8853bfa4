import type { Line } from './lines.js';

/** A line that is sold, unless a test says otherwise. */
export const line = (change: Partial<Line> = {}): Line => ({
  invoice: '536365',
  code: '85123A',
  description: 'WHITE HANGING HEART',
  quantity: 6,
  at: Date.UTC(2010, 11, 1, 8, 26),
  price: 255,
  customer: '17850',
  country: 'United Kingdom',
  ...change,
});
