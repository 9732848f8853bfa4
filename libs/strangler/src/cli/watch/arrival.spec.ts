import type { ModuleStatus } from '../../control/terms/views.js';
import { standing } from '../../../../../test/support/standing.js';
import { Arrival } from './arrival.js';

const at = (phase: ModuleStatus['phase'], percent = 0, change: Partial<ModuleStatus> = {}) =>
  standing('shelf', {
    phase,
    percent,
    wanted: { phase: 'extracted', percent: null, by: 'operator' },
    ...change,
  });
const moving = { transition: { action: 'hand-off', step: 'drain', sinceMs: 1 } };

type Seen = ReturnType<Arrival['see']>;

it.each<
  [
    what: string,
    from: ModuleStatus,
    goal: ConstructorParameters<typeof Arrival>[1],
    looks: [ModuleStatus, Seen][],
  ]
>([
  [
    'out, past the place between two looks',
    at('monolith'),
    { phase: 'dual-write', percent: null },
    [
      [at('monolith'), 'going'],
      [at('shadow'), 'there'],
    ],
  ],
  [
    'to a share, by steps',
    at('shadow'),
    { phase: 'shifting', percent: 25 },
    [
      [at('shifting', 5), 'going'],
      [at('shifting', 25, moving), 'going'],
      [at('shifting', 25), 'there'],
    ],
  ],
  [
    'to a share of the reads',
    at('shadow', 0, { ownership: 'whole' }),
    { phase: 'shifting', percent: 25 },
    [
      [at('shifting', 0, { ownership: 'whole', readsPercent: 5 }), 'going'],
      [at('shifting', 0, { ownership: 'whole', readsPercent: 25 }), 'there'],
    ],
  ],
  [
    'back',
    at('shifting', 50),
    { phase: 'shadow', percent: null },
    [
      [at('shifting', 0), 'going'],
      [at('shadow'), 'there'],
    ],
  ],
  [
    'out, and turned round',
    at('shadow'),
    { phase: 'extracted', percent: null },
    [
      [at('shifting', 5), 'going'],
      [at('shifting', 5, { wanted: { phase: 'shadow', percent: null, by: 'operator' } }), 'turned'],
    ],
  ],
  [
    'nowhere',
    at('shadow'),
    { phase: 'shadow', percent: null },
    [
      [at('shadow', 0, moving), 'going'],
      [at('shadow'), 'there'],
    ],
  ],
])('%s', (_what, from, goal, looks) => {
  const arrival = new Arrival(from, goal);
  expect(looks.map(([look]) => arrival.see(look))).toEqual(looks.map(([, seen]) => seen));
});
