import { conclude, type Outbox } from './conclude.js';
import { standpointOf } from './standpoint.fixture.js';
import type { Standpoint } from './standing.js';

/* What a database concludes from its peer's answer. Each case is a story: who was put back, and what has happened since. */
type Change = Partial<Standpoint>;
interface Story {
  mine: Change & { side?: Standpoint['side'] };
  told?: Change;
  outbox?: Partial<Outbox>;
  comes: Partial<ReturnType<typeof conclude>>;
}

const at = (term: number, seq: number) => ({ term, seq });
const lost: Partial<Outbox> = { holds: () => false };

const stories: readonly [what: string, story: Story][] = [
  ['nothing has happened', { mine: {}, comes: { proven: true, standing: null, incomplete: false } }],
  [
    'the owner lacks what it had sent',
    {
      mine: { confirmed: at(1, 1) },
      told: { applied: at(1, 2), received: [{ ...at(1, 2), ids: [7] }] },
      outbox: lost,
      comes: { proven: false, standing: 'rolled back' },
    },
  ],
  [
    'the owner still has in its outbox what was stored and never answered',
    {
      mine: { confirmed: at(1, 1) },
      told: { applied: at(1, 2), received: [{ ...at(1, 2), ids: [7] }] },
      comes: { proven: true, standing: null },
    },
  ],
  [
    'the peer has forgotten ids up to a position that the owner does not know to be confirmed',
    {
      mine: { confirmed: at(1, 1) },
      told: { applied: at(1, 5), pruned: at(1, 4) },
      comes: { standing: 'rolled back' },
    },
  ],
  [
    'a term that the owner has never had',
    { mine: { term: 3 }, told: { applied: at(4, 1) }, comes: { standing: 'rolled back' } },
  ],
  [
    'the copy lacks what was confirmed: it is filled anew',
    {
      mine: { side: 'extracted', applied: at(1, 1) },
      told: { confirmed: at(1, 5) },
      comes: { proven: true, standing: null, incomplete: true },
    },
  ],
  [
    'the peer is in an older life: it was put back itself, and proves nothing',
    {
      mine: { side: 'extracted', appliedLife: 3, applied: at(1, 1) },
      told: { life: 2, confirmed: at(9, 9) },
      comes: { proven: true, incomplete: false },
    },
  ],
  [
    'the peer owns at a higher epoch what this side owned: it gives way',
    {
      mine: { epoch: 4 },
      told: { epoch: 6, extractedBelow: 10_000 },
      comes: { proven: true, extractedBelow: 10_000, epoch: 6, incomplete: true },
    },
  ],
  [
    'it was fenced and drained: the ordinary end of a hand-off, it stays whole',
    {
      mine: { epoch: 5, fenceFrom: 0, fenceTo: 10_000 },
      told: { epoch: 5, extractedBelow: 10_000 },
      comes: { proven: true, extractedBelow: 10_000, unfenced: true, incomplete: false },
    },
  ],
  [
    'it was fenced and not drained: what is left is a report, and it is filled anew',
    {
      mine: { epoch: 5, fenceFrom: 0, fenceTo: 10_000 },
      told: { epoch: 5, extractedBelow: 10_000 },
      outbox: { undelivered: true },
      comes: { incomplete: true, givenUp: { from: 0, to: 10_000 } },
    },
  ],
  [
    'buckets have moved, it keeps others, and it lacks what it had sent',
    {
      mine: { epoch: 4, confirmed: at(1, 1) },
      told: { epoch: 6, extractedBelow: 5_000, applied: at(1, 2), received: [{ ...at(1, 2), ids: [7] }] },
      outbox: lost,
      comes: { proven: false, standing: 'rolled back' },
    },
  ],
  [
    'it was made an owner, and does not know it',
    { mine: { extractedBelow: 5_000 }, told: { extractedBelow: 0 }, comes: { standing: 'rolled back' } },
  ],
  [
    'the peer was put back: what it claims counts for nothing',
    {
      mine: { epoch: 4 },
      told: { epoch: 9, extractedBelow: 10_000, standing: 'rolled back' },
      comes: { proven: true, extractedBelow: 0 },
    },
  ],
  [
    'it was put back: only rejoin changes that',
    { mine: { standing: 'rolled back' }, comes: { proven: false, standing: 'rolled back' } },
  ],
  [
    'it has given up, and the peer owns everything at that epoch: it is the copy',
    {
      mine: { standing: 'given up', epoch: 7 },
      told: { epoch: 7, extractedBelow: 10_000 },
      comes: { proven: true, standing: null, extractedBelow: 10_000, incomplete: true },
    },
  ],
  [
    'it has given up, and the peer does not own yet',
    {
      mine: { standing: 'given up', epoch: 7 },
      told: { epoch: 6 },
      comes: { proven: false, standing: 'given up' },
    },
  ],
  [
    'the epochs differ and nobody claims what is not his: the higher one counts',
    { mine: { epoch: 3 }, told: { epoch: 5 }, comes: { proven: true, epoch: 5 } },
  ],
];

it.each(stories)('%s', (_what, { mine, told = {}, outbox = {}, comes }) => {
  const side = mine.side ?? 'monolith';
  const other = side === 'monolith' ? 'extracted' : 'monolith';
  const all: Outbox = { holds: () => true, undelivered: false, ...outbox };
  expect(conclude(standpointOf(side, mine), standpointOf(other, told), all)).toMatchObject(comes);
});
