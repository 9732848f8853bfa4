import { memberOf, unservedOf, type Pairing } from './member.js';

const pairing = (module: string, more: Partial<Pairing> = {}): Pairing => ({
  ...{ module, database: 'e', peer: 'm', extractedBelow: 0, peerSince: 'monday', copy: false },
  ...more,
});
const free = { peer: null, peerSince: null };
const member = { database: 'e', shop: 'm', since: 'monday' };

it.each<[string, Pairing[], object | null]>([
  ['one module that is paired', [pairing('desk')], { ...member, modules: ['desk'] }],
  ['two of one shop', [pairing('desk'), pairing('till')], { ...member, modules: ['desk', 'till'] }],
  ['one that is not paired', [pairing('desk', free)], null],
  [
    'one that is not, beside one that is',
    [pairing('desk', free), pairing('till')],
    { ...member, modules: ['till'] },
  ],
  ['two of two shops', [pairing('desk'), pairing('till', { peer: 'n' })], null],
  ['a copy', [pairing('desk', { copy: true })], null],
  ['a copy beside what is none', [pairing('desk', { copy: true }), pairing('till')], null],
  ['nothing', [], null],
])('a process with %s', (_what, pairings, expected) => {
  expect(memberOf(pairings)).toEqual(expected);
});

it.each<[string, Pairing, string | null, boolean]>([
  ['paired', pairing('desk'), null, false],
  ['not paired', pairing('desk', free), 'its database e is not paired with a shop yet', true],
  [
    'not paired, and the shop has another one',
    pairing('desk', { ...free, elsewhere: { shop: 'm', database: 'f', since: 'monday' } }),
    'its database e is not paired; the shop whose database is m has its service on f, since monday',
    false,
  ],
  [
    'a copy',
    pairing('desk', { copy: true }),
    'its database is a copy, beside which the original may be there',
    false,
  ],
])('why a module is not served that is %s', (_what, of, reason, early) => {
  const expected = reason === null ? null : { reason: `desk serves no calls: ${reason}`, early };
  expect(unservedOf(memberOf([of]), of)).toEqual(expected);
});

it('why modules of two shops in one process are not served', () => {
  const [desk, till] = [pairing('desk'), pairing('till', { peer: 'n' })];
  expect(unservedOf(memberOf([desk, till]), till)).toMatchObject({
    reason: 'till serves no calls: the modules of this process belong to several shops',
    early: false,
  });
});
