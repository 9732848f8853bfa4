import { readFileSync } from 'node:fs';
import { release } from './release.js';

it('is that of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(version.replace(/-.*/, '')).toBe(release);
});
