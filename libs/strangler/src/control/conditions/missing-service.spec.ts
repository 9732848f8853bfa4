import type { SideState } from '../../sides/side.js';
import { missingService } from './missing-service.js';

const there = { outgoing: {} } as SideState;
const refusal = 'this service (database e) belongs to the shop whose database is n, since monday';
const foreign = { kind: 'foreign', database: 'e', peer: 'n', peerHome: 'h', peerSince: 'monday' } as const;
const home = (more: Partial<SideState>): SideState => ({ ...there, ...more });

it.each<[string, SideState, SideState | null, object | null]>([
  ['answers', there, there, null],
  ['cannot be asked', there, null, { kind: 'silent', detail: 'no answer' }],
  [
    'has refused the proof as one of another shop',
    home({ held: { kind: 'foreign', foreign } }),
    there,
    { kind: 'foreign', detail: refusal },
  ],
  [
    'is paired with nobody any more',
    home({ held: { kind: 'foreign', foreign: { ...foreign, peer: null, peerSince: null } } }),
    there,
    { kind: 'foreign', detail: 'this service (database e) is not paired with this shop' },
  ],
  ['was held for another reason', home({ held: { kind: 'no witness', detail: 'x' } }), there, null],
  [
    'refuses batches as another shop’s',
    home({ outgoing: { ...there.outgoing, refused: 'strangler_foreign: desk belongs to the database n' } }),
    there,
    { kind: 'foreign', detail: 'strangler_foreign: desk belongs to the database n' },
  ],
  [
    'wants a hello first',
    home({ outgoing: { ...there.outgoing, refused: 'strangler_hello_first: desk' } }),
    there,
    null,
  ],
])('a service that %s', (_what, monolith, extracted, expected) => {
  expect(missingService({ states: { monolith, extracted } })).toEqual(expected);
});
