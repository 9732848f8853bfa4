import { entry } from '../../../../../test/support/standing.js';
import { historyLines } from './history.js';
import { figuresInWords } from './history-figures.js';
import { paint, widthOf } from './line.js';

const plain = (...how: Parameters<typeof historyLines>) =>
  historyLines(...how).map((one) => paint(one, false));
const gates = { lag: { value: 3, limit: 1_000, samples: 1, state: 'pass' } };
const reason = 'the service does not answer; start it with: npm run start:extracted -- parcels';
const entries = [
  entry(2, { module: 'parcels', outcome: 'refused', reason, figures: { ...gates, ms: 1_500 } }),
  entry(1, { module: 'parcels', to: 'monolith' }),
];

it('is read from the oldest to the newest, with the reason and the figures', () => {
  const lines = plain(entries);
  expect(lines[0]).toMatch(/^AT \(UTC\) +MODULE +WHO +WHAT +OUTCOME +PHASE +WHY$/);
  expect(lines[1]).toMatch(/^2026-01-02 03:04:05 +parcels +ann@shop.example +advance +done +monolith$/);
  expect(lines[2]).toMatch(
    /refused +monolith → dual-write +the service .* lag 3 ms \(limit 1,000 ms\), took 1,500 ms$/,
  );
  expect(lines).toHaveLength(3);
  expect(plain([])).toEqual(['nothing has happened yet']);
});

it.each([[160], [110], [80], [40]])(
  'keeps to %d columns, or leaves breaking to the terminal, and cuts nothing off',
  (width) => {
    const lines = historyLines(entries, width);
    const words = lines
      .map((one) => paint(one, false))
      .join(' ')
      .replace(/\s+/g, ' ');
    expect(words).toContain(reason);
    expect(words).toContain('took 1,500 ms');
    if (width >= 110) for (const one of lines) expect(widthOf(one)).toBeLessThanOrEqual(width);
  },
);

it.each([
  [
    { from: 'monolith', to: 'extracted', epoch: 3, oldBelow: 0, newBelow: 100, fencedMs: 12, ms: 40 },
    'epoch 3, keys of extracted 0 % → 1 %, writers waited for 12 ms, took 40 ms',
  ],
  [{ oldBelow: 0, newBelow: 100, fencedMs: null, ms: 40 }, 'keys of extracted 0 % → 1 %, took 40 ms'],
  [
    { rows: 1_234, differences: 1, repaired: 0, examples: ['item A'] },
    '1,234 rows, 1 difference, 0 repaired, item A',
  ],
  [
    { 'error rate': { value: 0.005, limit: 0.01, samples: 400, state: 'pass' } },
    'error rate 0.5 % of 400 (limit 1 %)',
  ],
  [{ gate: 'error rate', value: 0.5, limit: 0.01, samples: 100 }, 'error rate 50 % of 100 (limit 1 %)'],
  [{ overriddenBy: { gates: ['bake'], actor: 'ann' } }, 'bake overridden by ann'],
  [{ other: { a: 1 } }, 'other {"a":1}'],
  [{}, ''],
])('%j in words', (figures, text) => {
  expect(figuresInWords(figures)).toBe(text);
});
