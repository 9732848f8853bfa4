import { knownHoles } from './known-holes.js';

it.each([
  ['2.9.10', '2.11.16, 2.12.7 or 2.14.0'],
  ['2.10.29', '2.11.16, 2.12.7 or 2.14.0'],
  ['2.11.15', '2.11.16'],
  ['v2.12.6', '2.12.7'],
  ['2.13.9', '2.11.16, 2.12.7 or 2.14.0'],
  ['1.4.1', '2.11.16, 2.12.7 or 2.14.0'],
  ['unknown', '2.11.16, 2.12.7 or 2.14.0'],
])('%s has holes, closed in %s', (version, sound) => {
  expect(knownHoles(version)).toBe(
    `nats-server ${version} has known security holes; they are closed in ${sound}`,
  );
});

it.each(['2.11.16', '2.11.20', '2.12.7', '2.12.10-RC.1', '2.14.0', '2.20.0', '3.0.0'])(
  'nothing is known against %s',
  (version) => expect(knownHoles(version)).toBeUndefined(),
);
