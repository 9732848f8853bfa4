import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { isOlder, release, releaseOf } from './release.js';

it('is that of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(version.replace(/-.*/, '')).toBe(release);
});

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

it('releases are compared number by number', () => {
  const release = fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12));
  const weight = ([major, minor, patch]: readonly number[]) => major! * 10_000 + minor! * 100 + patch!;
  fc.assert(
    fc.property(release, release, (a, b) => {
      expect(isOlder(a.join('.'), b.join('.'))).toBe(weight(a) < weight(b));
    }),
  );
});
