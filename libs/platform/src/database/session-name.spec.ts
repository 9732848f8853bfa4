import { release, releaseOf } from 'nestjs-strangler/migrate';
import { withSessionName } from './session-name.js';

it('what we call our sessions tells our release, whatever stands in the URL', () => {
  const url = withSessionName('postgres://a:b@c/d?options=-c%20x%3D1&application_name=mine', 'set-up');
  const { searchParams } = new URL(url);
  expect(searchParams.get('options')).toBe('-c x=1');
  expect(searchParams.getAll('application_name')).toEqual([`strangler-shop ${release} set-up`]);
  expect(releaseOf(searchParams.get('application_name') as string)).toBe(release);
});
