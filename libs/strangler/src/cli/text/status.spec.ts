import type { ModuleStatus } from '../../control/terms/views.js';
import { side, standing } from '../../../../../test/support/standing.js';
import { paint, widthOf, wrap, type Line } from './line.js';
import { moduleLines } from './module.js';
import { isMoving, movingLines } from './moving.js';
import { overview } from './overview.js';
import { wantedText } from './phase.js';

const plain = (lines: readonly Line[]) => lines.map((one) => paint(one, false));
const rowOf = (change: Partial<ModuleStatus>) => plain(overview([standing('parcels', change)]))[1]!;
const wanted = (phase: ModuleStatus['phase'], percent: number | null = null) =>
  ({ wanted: { phase, percent, by: 'operator' } }) as const;

describe('the overview', () => {
  it('has one line a module, in columns', () => {
    const shifting = { phase: 'shifting', percent: 25, lagMs: 3.1, ...wanted('shifting', 25) } as const;
    const sides = { monolith: side({ pending: 1_200 }), extracted: side({ pending: 34 }) };
    const lines = plain(overview([standing('depots'), standing('parcels', { ...shifting, sides })]));
    expect(lines).toEqual([
      'MODULE   PHASE          HEALTH  EXTRACTED        LAG  PENDING',
      'depots   monolith       up      ░░░░░░░░░░         –        0',
      'parcels  shifting 25 %  up      ██▌░░░░░░░    3.1 ms    1,234',
    ]);
  });

  it.each<[string, Partial<ModuleStatus>]>([
    ['DEGRADED', { degraded: true }],
    ['PAUSED', { paused: true }],
    ['3 quarantined', { sides: { monolith: side({ quarantined: 2 }), extracted: side({ quarantined: 1 }) } }],
    [
      'extracted: not there',
      { sides: { monolith: side(), extracted: side({ healthy: false, health: 'not there' }) } },
    ],
    ['down', { health: 'down' }],
    ['1 difference', { verify: { running: null, checkedAt: null, rows: 5, differences: 1 } }],
    ['2 mismatches', { shadow: { ...standing('a').shadow, compared: 5, mismatches: 2 } }],
    ['advance: drain (2 s)', { transition: { action: 'advance', step: 'drain', sinceMs: 1_400 } }],
    ['→ extracted', wanted('extracted')],
    ['200 more samples', { waitingFor: '200 more samples' }],
    [
      'backfill ████░░░░ 50 %, 7 s left',
      { backfill: { done: 5, total: 10, rowsPerSecond: 1, etaSeconds: 7 } },
    ],
    [
      'verify ██░░░░░░ 25 %',
      {
        verify: {
          running: { done: 1, total: 4, etaSeconds: null },
          checkedAt: null,
          rows: 0,
          differences: 0,
        },
      },
    ],
    [
      'verify: counting the rows',
      {
        verify: {
          running: { done: 0, total: 0, etaSeconds: null },
          checkedAt: null,
          rows: 0,
          differences: 0,
        },
      },
    ],
  ])('shows %s', (text, change) => {
    expect(rowOf(change)).toContain(text);
    expect(rowOf({})).not.toContain(text);
  });

  it('does not show a backfill that is done', () => {
    expect(rowOf({ backfill: { done: 10, total: 10, rowsPerSecond: 1, etaSeconds: 0 } })).not.toContain(
      'backfill',
    );
  });

  it.each([
    [100, /up +░░░+ +3 ms +7 {2}DEGRADED$/],
    [80, /^parcels {2}monolith +up +3 ms +7 {2}DEGRADED$/],
    [60, /^parcels {2}monolith +up +3 ms {2}DEGRADED$/],
    [40, /^parcels {2}monolith +DEGRADED$/],
  ])('keeps what matters most on %d columns', (width, text) => {
    const change = { degraded: true, lagMs: 3, sides: { monolith: side({ pending: 7 }), extracted: null } };
    const rows = overview([standing('parcels', { ...change, waitingFor: 'x'.repeat(200) })], width);
    expect(widthOf(rows[1]!)).toBeLessThanOrEqual(width);
    expect(plain(rows)[1]).toMatch(text);
  });

  it('tells the share of the reads where only they move', () => {
    expect(rowOf({ phase: 'shifting', readsPercent: 25 })).toContain('shifting, reads 25 %');
    expect(rowOf({ phase: 'shifting', readsPercent: 25, percent: 10 })).toContain('shifting 10 %  ');
  });
});

it.each([
  ['monolith', 0, wanted('monolith'), ''],
  ['monolith', 0, wanted('extracted', 100), '→ extracted'],
  ['shifting', 5, wanted('shifting', 25), '→ shifting 25 %'],
  ['shifting', 25, wanted('shifting', 25), ''],
] as const)('in %s at %d %% it is to go %j: %j', (phase, percent, goal, text) => {
  expect(wantedText(standing('parcels', { phase, percent, ...goal }))).toBe(text);
});

describe('a module that moves', () => {
  const counted = { probes: 0, customers: 0, needed: 1, confidence: null, why: null };
  const measured = { ...counted, probes: 8, customers: 4, samples: 12, needed: 200 };
  const gates: ModuleStatus['gates'] = [
    { ...counted, name: 'lag', value: 3, limit: 1_000, samples: 412, state: 'pass' },
    { ...measured, name: 'shadow mismatches', value: 0, limit: 0.005, state: 'hold' },
    { ...measured, name: 'error rate', value: null, limit: 0.01, samples: 0, needed: 0, state: 'pass' },
    { ...counted, name: 'p99', value: 4.25, limit: 3, samples: 300, state: 'fail' },
    { ...counted, name: 'x', value: null, limit: 0, samples: 0, state: 'not applicable', why: 'no queries' },
  ];
  const backfill = { done: 5, total: 10, rowsPerSecond: 100, etaSeconds: 7 };
  const moving = standing('parcels', {
    phase: 'dual-write',
    ...wanted('extracted'),
    transition: { action: 'run', step: 'backfill', sinceMs: 500 },
    backfill,
    gates,
    waitingFor: 'the service of parcels is not there: npm run start:extracted -- parcels',
    waiting: {
      needs: 'the service of parcels',
      has: 'nobody there',
      todo: 'start it',
      command: 'npm run start:extracted -- parcels',
      sinceMs: 75_300,
    },
    etaSeconds: 125,
  });

  it('shows its progress, what it waits for and its gates', () => {
    expect(plain(movingLines([standing('depots'), moving]))).toEqual([
      '',
      'parcels  dual-write  → extracted  run: backfill for 1 s  about 2 min 5 s left',
      '  backfill  ██████████░░░░░░░░░░   50 %  5 of 10 rows · 100/s · 7 s left',
      '  waiting for 1 min 15 s: the service of parcels is not there: npm run start:extracted -- parcels',
      '  GATE               VALUE     LIMIT  SAMPLES',
      '  lag                 3 ms  1,000 ms                                        ✓ pass',
      '  shadow mismatches    0 %     0.5 %  12 of 200 (8 probes, 4 of customers)  … hold',
      '  error rate             –       1 %  0 of 0 (8 probes, 4 of customers)     – not measured',
      '  p99                 4.25         3                                        ✗ fail',
      '  x                      –         0                                        – not applicable: no queries',
    ]);
  });

  it('is never cut off, and its command stays in one piece', () => {
    const [waiting] = movingLines([moving]).filter((one) => paint(one, false).includes('waiting'));
    expect(plain(wrap(waiting!, 80))).toEqual([
      '  waiting for 1 min 15 s: the service of parcels is not there:',
      '    npm run start:extracted -- parcels',
    ]);
  });

  it('a backfill that has ended has no bar and no rate any more', () => {
    const ended = { ...moving, backfill: { done: 10, total: 10, rowsPerSecond: null, etaSeconds: 0 } };
    expect(plain(movingLines([ended])).join()).not.toMatch(/backfill {2}|rows/);
    expect(plain(moduleLines(ended)).join()).toMatch(/copied +10 rows/);
  });

  it('moves while it is not where it is to be, or while there is work', () => {
    expect(isMoving(standing('a'))).toBe(false);
    expect(isMoving(standing('a', wanted('extracted')))).toBe(true);
    expect(isMoving(standing('a', { backfill }))).toBe(true);
    expect(isMoving(standing('a', { backfill: { ...backfill, done: 10 } }))).toBe(false);
  });
});

describe('all of one module', () => {
  const lines = (change: Partial<ModuleStatus>) => plain(moduleLines(standing('parcels', change))).join('\n');

  it('shows both sides, also one that is not there', () => {
    const text = lines({
      sides: { monolith: side({ calls: 1_500, errors: 2, p50Ms: 1.5, p99Ms: 9 }), extracted: null },
    });
    expect(text).toMatch(/monolith +up +1,500 +2 +1.5 ms +9 ms/);
    expect(text).toMatch(/extracted +not needed/);
    const hangs = { extracted: side({ healthy: false, health: 'no answer' }), monolith: side() };
    expect(lines({ sides: hangs })).toMatch(/extracted +no answer/);
  });

  it('says what is left of the whole way, or why that is not known; nothing at its end', () => {
    expect(lines({ etaSeconds: 65 })).toMatch(/left +about 1 min 5 s/);
    expect(lines({ etaSeconds: null, etaUnknown: 'paused (by ann)' })).toMatch(/left +not known: paused/);
    expect(lines({})).not.toMatch(/ left /);
  });

  it('counts probes and customers apart', () => {
    const none = { compared: 0, mismatches: 0, unavailable: 0 };
    const probes = { ...none, compared: 180 };
    const customers = { ...none, compared: 20 };
    expect(lines({ shadow: { compared: 200, mismatches: 1, unavailable: 3, probes, customers } })).toContain(
      '200 compared: 180 probes, 20 of customers; 1 mismatches, 3 could not be compared',
    );
  });

  it('says whether the way back is safe, and who steers', () => {
    expect(lines({})).toMatch(/rollback +loses nothing/);
    expect(lines({ rollbackSafe: false })).toMatch(/rollback +not safe now/);
    expect(lines({ wanted: { phase: 'monolith', percent: null, by: 'file' } })).toContain('strangler.yaml');
  });

  it('tells the last verify', () => {
    expect(lines({})).toMatch(/verify +not yet/);
    const verify = { running: null, checkedAt: '2026-01-02T03:04:05Z', rows: 3_941, differences: 2 };
    expect(lines({ verify })).toContain('3,941 rows, 2 differences, 2026-01-02T03:04:05Z');
  });
});

it('a change of rows by their owner that is not done says how far it is, and what it waits for', () => {
  const grams = {
    side: 'extracted',
    name: 'grams',
    changed: 1_200,
    looked: 4_000,
    total: 9_000,
    sinceMs: 125_000,
  } as const;
  const shown = (waitsFor: string | null) =>
    plain(moduleLines(standing('a', { ownerMigrations: [{ ...grams, waitsFor }] }))).join('\n');
  const far = '"grams" on extracted: 1,200 changed, 4,000 of about 9,000 read in this pass, for 2 min 5 s';
  expect(shown(null)).toContain(`${far}\n`);
  expect(shown('a hand-off')).toContain(`${far}; waits for a hand-off`);
});
