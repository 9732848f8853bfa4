import type { Observed } from '../conditions/observed.js';
import type { NewEntry } from '../store/history.js';
import type { ModuleRow, RowChange } from '../store/module-row.js';
import type { ModuleStore } from '../store/module-store.js';
import { OutageBook, outagesIn } from './outages.js';

const side = (degraded = false) => ({
  outgoing: { degradedSince: degraded ? '2026-01-01T00:00:00Z' : null },
});
const seen = (monolith: object | null, extracted: object | null) =>
  ({ states: { monolith, extracted } }) as unknown as Observed;
const row = { module: 'toy', phase: 'shifting', outages: {} } as unknown as ModuleRow;

it.each<[what: string, phase: ModuleRow['phase'], observed: Observed, natsLost: boolean, found: string[]]>([
  ['all is well', 'shifting', seen(side(), side()), false, []],
  ['a module at home needs nobody', 'monolith', seen(side(), null), true, []],
  ['no service', 'shadow', seen(side(), null), false, ['extracted']],
  ['no NATS, and so no answer', 'shadow', seen(side(), null), true, ['nats']],
  ['changes of the monolith', 'dual-write', seen(side(true), side()), false, ['degraded monolith']],
  ['changes of the service', 'extracted', seen(side(), side(true)), false, ['degraded extracted']],
  [
    'no NATS, and so no confirmation',
    'shifting',
    seen(side(true), null),
    true,
    ['nats', 'degraded monolith'],
  ],
])('%s: is told', (_what, phase, observed, natsLost, found) => {
  expect(outagesIn({ ...row, phase }, observed, natsLost)).toEqual(found);
});

it.each([
  ['nats', /^NATS cannot be reached$/, /^NATS is reached again$/],
  ['extracted', /does not answer$/, /answers again$/],
  ['degraded monolith', /what the monolith sends \(degraded\)$/, /extracted side confirms again$/],
  ['degraded extracted', /what the extracted side sends \(degraded\)$/, /monolith confirms again$/],
] as const)(
  '%s: one entry once it lasts, one when it ends, none if it is brief',
  async (kind, begun, over) => {
    let now = 0;
    let current = row;
    const entries: NewEntry[] = [];
    const change = async (_row: ModuleRow, changed: RowChange, ...added: NewEntry[]) => {
      current = { ...current, ...changed };
      entries.push(...added);
    };
    const book = new OutageBook({ change } as unknown as ModuleStore, {
      now: () => now,
      saw: () => undefined,
      sleep: () => Promise.resolve(),
    });
    const look = async (at: number, kinds: (typeof kind)[]) => {
      now = at;
      await book.see(current, kinds);
    };
    await look(0, [kind]);
    await look(1_000, []);
    await look(2_000, [kind]);
    await look(3_900, [kind]);
    expect(entries).toEqual([]);
    await look(4_000, [kind]);
    await look(9_000, [kind]);
    await look(10_000, []);
    await look(11_000, []);
    expect(entries).toMatchObject([
      { action: 'outage', outcome: 'begun', reason: expect.stringMatching(begun) },
      { action: 'outage', outcome: 'done', reason: expect.stringMatching(over), figures: { ms: 8_000 } },
    ]);
    expect(current.outages).toEqual({});
  },
);
