import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAuthority, type Authority } from '../../../test/support/certificates.js';
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

describe('LEGACY_TLS_CA', () => {
  let ca: Authority;
  beforeAll(async () => {
    ca = await makeAuthority();
  });
  afterAll(() => ca.drop());
  const at = async (text: string) => {
    const file = join(ca.folder, 'tried.pem');
    await writeFile(file, text);
    return { LEGACY_TLS_CA: file };
  };

  it('a file that is not there, or is no PEM, stops the start with the name of the setting', async () => {
    expect(() => readSettings({ LEGACY_TLS_CA: '/none.pem' })).toThrow(
      'LEGACY_TLS_CA=/none.pem: cannot be read (ENOENT)',
    );
    const { key } = await ca.issue('an application');
    const cut = ca.cert.replace(/[A-Z]\n/, '\n');
    for (const text of ['', 'no certificate', key, `${ca.cert}${cut}`]) {
      const env = await at(text);
      expect(() => readSettings(env)).toThrow(
        `LEGACY_TLS_CA=${env.LEGACY_TLS_CA}: a file with certificates in PEM is expected`,
      );
    }
  });

  it('one with several certificates is taken', async () => {
    const bundle = `# ours\n${ca.cert}${ca.cert}`;
    expect(readSettings(await at(bundle)).upstreams.ca).toBe(bundle);
  });
});
