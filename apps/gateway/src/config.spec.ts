import { readSettings } from './config.js';

it('a gateway listens on 8080, and to operators on 3002 of this machine', () => {
  expect(readSettings({})).toMatchObject({ port: 8080, adminPort: 3002 });
});

it.each([
  'http://localhost:8080',
  'http://app:4000,http://127.0.0.1:8080/',
  'http://[::1]:8080',
  'https://127.1.2.3:8080',
])('a gateway before itself (%s) does not start: one request would take all of its connections', (url) => {
  expect(() => readSettings({ LEGACY_URL: url })).toThrow(/^LEGACY_URL: .* is this gateway itself/);
});

it('another port of this machine, or the same of another machine, is an application', () => {
  const copies = 'http://localhost:4000,http://10.0.0.7:8080';
  expect(readSettings({ LEGACY_URL: copies }).legacy).toHaveLength(2);
  expect(readSettings({ LEGACY_URL: 'http://localhost', PORT: '8081' }).legacy).toHaveLength(1);
  expect(() => readSettings({ LEGACY_URL: 'http://localhost', PORT: '80' })).toThrow(/itself/);
});

it('a file of routes that was named and is not there stops the start', () => {
  expect(() => readSettings({ STRANGLER_CONFIG: '/none.yaml' })).toThrow(
    'STRANGLER_CONFIG=/none.yaml: there is no such file',
  );
});
