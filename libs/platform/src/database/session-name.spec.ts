import fc from 'fast-check';
import { isOlder, ownRelease, releaseOf, withSessionName } from './session-name.js';

it.each([
  ['strangler-shop', '0.1.0'],
  ['strangler-shop set-up', '0.1.0'],
  ['strangler', '0.1.0'],
  ['strangler 0.2.0', '0.2.0'],
  ['strangler-shop 0.10.3 readiness', '0.10.3'],
  ['psql', undefined],
  ['my strangler', undefined],
  ['', undefined],
])('the session "%s" is of a process of %s', (name, release) => {
  expect(releaseOf(name)).toBe(release);
});

it('what we call our sessions tells our release, whatever stands in the URL', () => {
  const url = withSessionName('postgres://a:b@c/d?options=-c%20x%3D1&application_name=mine', 'set-up');
  const { searchParams } = new URL(url);
  expect(searchParams.get('options')).toBe('-c x=1');
  expect(searchParams.getAll('application_name')).toEqual([`strangler-shop ${ownRelease()} set-up`]);
  expect(releaseOf(searchParams.get('application_name') as string)).toBe(ownRelease());
});

it('releases are compared number by number', () => {
  const release = fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12));
  const weight = ([major, minor, patch]: readonly number[]) => major! * 10_000 + minor! * 100 + patch!;
  fc.assert(
    fc.property(release, release, (a, b) => {
      expect(isOlder(a.join('.'), b.join('.'))).toBe(weight(a) < weight(b));
    }),
  );
});
