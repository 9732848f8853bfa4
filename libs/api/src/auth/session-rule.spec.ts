import { roles, type Session } from '#contracts';
import fc from 'fast-check';
import { judge } from './session-rule.js';

const id = '01890a5d-ac96-774b-bcce-b302099a8057';
const claims = (role: Session['role'], version: number) => ({ id, role, version });
const session = (role: Session['role'], version: number): Session => ({ id, role, version });

test.each([
  ['the same', claims('admin', 1), { asked: true, session: session('admin', 1) }, 'admin'],
  ['an older version', claims('user', 1), { asked: true, session: session('user', 2) }, 'ended'],
  ['a version that was lost', claims('user', 3), { asked: true, session: session('user', 2) }, 'ended'],
  ['a role that was taken by hand', claims('admin', 1), { asked: true, session: session('user', 1) }, 'user'],
  ['a role that was given by hand', claims('user', 1), { asked: true, session: session('admin', 1) }, 'user'],
  ['no such user', claims('user', 0), { asked: true, session: 'gone' as const }, 'ended'],
  ['away: the last known', claims('admin', 1), { asked: false, session: session('admin', 1) }, 'admin'],
  ['away: ended as last known', claims('user', 1), { asked: false, session: session('user', 2) }, 'ended'],
  ['away: gone as last known', claims('user', 1), { asked: false, session: 'gone' as const }, 'ended'],
  ['away: a customer of later', claims('user', 2), { asked: false, session: session('user', 1) }, 'user'],
  ['away: an admin of later', claims('admin', 2), { asked: false, session: session('admin', 1) }, 'unknown'],
  ['away: a customer, never seen', claims('user', 0), { asked: false, session: undefined }, 'user'],
  ['away: a viewer, never seen', claims('viewer', 0), { asked: false, session: undefined }, 'unknown'],
] as const)('%s', (_case, said, known, role) => {
  expect(judge(said, known)).toBe(role);
});

test('a token never gives more than it says, nor more than is known of the account', () => {
  const role = fc.constantFrom(...roles);
  const version = fc.nat({ max: 3 });
  const known = fc.record({
    asked: fc.boolean(),
    session: fc.option(fc.record({ id: fc.constant(id), role, version }), { nil: undefined }),
  });
  fc.assert(
    fc.property(role, version, known, (said, number, knowledge) => {
      const judged = judge(claims(said, number), knowledge);
      if (judged === 'ended' || judged === 'unknown') return;
      expect(roles.indexOf(judged)).toBeLessThanOrEqual(roles.indexOf(said));
      if (knowledge.session && number === knowledge.session.version) {
        expect(roles.indexOf(judged)).toBeLessThanOrEqual(roles.indexOf(knowledge.session.role));
      } else if (judged !== 'user') throw new Error('a role that nobody has confirmed');
    }),
  );
});
