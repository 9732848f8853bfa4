import { policies } from '../../routes/phase.js';
import type { Clock } from '../terms/clock.js';
import type { Observed } from '../conditions/observed.js';
import type { NewEntry } from '../store/history.js';
import type { ModuleRow, OpenOutage } from '../store/module-row.js';
import type { ModuleStore } from '../store/module-store.js';

/** A side may miss one look: what lasts shorter is no outage, in ms. */
const briefMs = 2_000;

/** What can be out of order, in words for its begin and its end. */
const words = {
  nats: { begun: 'NATS cannot be reached', done: 'NATS is reached again' },
  extracted: { begun: 'the extracted side does not answer', done: 'the extracted side answers again' },
  'degraded monolith': {
    begun: 'the extracted side does not confirm what the monolith sends (degraded)',
    done: 'the extracted side confirms again',
  },
  'degraded extracted': {
    begun: 'the monolith does not confirm what the extracted side sends (degraded)',
    done: 'the monolith confirms again',
  },
} as const;
type Kind = keyof typeof words;

/** What is out of order in a module that is on its way. Pure. Without NATS no other side answers: that is one outage. */
export function outagesIn({ phase }: ModuleRow, { states }: Observed, natsLost: boolean): Kind[] {
  if (policies[phase].atHome) return [];
  const degraded = (['monolith', 'extracted'] as const).filter(
    (side) => states[side]?.outgoing.degradedSince,
  );
  return [
    ...(natsLost ? (['nats'] as const) : []),
    ...(states.extracted === null && !natsLost ? (['extracted'] as const) : []),
    ...degraded.map((side) => `degraded ${side}` as const),
  ];
}

/** Writes an entry when something begins to be out of order, and one when that ends. What is open stands in the module's row. */
export class OutageBook {
  /** Since when each is seen without a break, ms since 1970. */
  private since = new Map<Kind, number>();

  constructor(
    private readonly store: ModuleStore,
    private readonly clock: Clock,
  ) {}

  /** `kinds`: what is out of order now. */
  async see(row: ModuleRow, kinds: readonly Kind[]): Promise<void> {
    const now = this.clock.now();
    this.since = new Map(kinds.map((kind) => [kind, this.since.get(kind) ?? now]));
    const lasting = kinds.filter((kind) => now - (this.since.get(kind) ?? now) >= briefMs);
    const begun = lasting.filter((kind) => !row.outages[kind]);
    const over = (Object.keys(row.outages) as Kind[]).filter((kind) => !kinds.includes(kind));
    if (begun.length + over.length === 0) return;
    const open: [string, OpenOutage][] = begun.map((kind) => [
      kind,
      { since: this.since.get(kind) ?? now, reason: words[kind].begun },
    ]);
    const kept = Object.entries(row.outages).filter(([kind]) => !over.includes(kind as Kind));
    await this.store.change(
      row,
      { outages: Object.fromEntries([...kept, ...open]) },
      ...begun.map((kind) => entryOf(row, kind, 'begun', {})),
      ...over.map((kind) => entryOf(row, kind, 'done', { ms: now - (row.outages[kind]?.since ?? now) })),
    );
  }
}

const entryOf = (
  { module, phase }: ModuleRow,
  kind: Kind,
  outcome: 'begun' | 'done',
  figures: Record<string, unknown>,
): NewEntry => ({
  module,
  actor: 'autopilot',
  action: 'outage',
  from: phase,
  to: phase,
  outcome,
  reason: words[kind]?.[outcome] ?? kind,
  figures,
});
