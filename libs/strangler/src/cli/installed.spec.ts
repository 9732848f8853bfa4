import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from './access.js';
import { installed } from './installed.js';

/* `npx strangler` of an application: whom it asks, and as whom. */

const urlOf = (env: Environment) => installed.access(env).modules.url;

it('it asks the admin API that is named, by its URL before its port', () => {
  expect(urlOf({})).toBe('http://127.0.0.1:3001');
  expect(urlOf({ ADMIN_PORT: '4001' })).toBe('http://127.0.0.1:4001');
  expect(urlOf({ ADMIN_PORT: '4001', ADMIN_URL: ' https://shop.example/admin/ ' })).toBe(
    'https://shop.example/admin',
  );
});

it.each(['shop.example', 'ftp://shop.example', 'http://'])(
  '%s is no address, which is told before anything is sent',
  (url) => {
    expect(() => urlOf({ ADMIN_URL: url })).toThrow('is no address that begins with http:// or https://');
  },
);

it('it sends the token that it is given, and nothing without one', async () => {
  const of = (env: Environment) => installed.access(env).session.authorization();
  expect(await of({ ADMIN_TOKEN: 'secret' })).toBe('Bearer secret');
  await expect(of({ ADMIN_TOKEN: ' ' })).rejects.toThrow('not logged in: set ADMIN_TOKEN');
});

it('without a database it works in none', async () => {
  const work = jest.fn();
  expect(await installed.access({}).inDatabase(work, () => undefined)).toBeUndefined();
  expect(work).not.toHaveBeenCalled();
});

describe('the program that is installed', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'installed-'));
    await writeFile(join(folder, '.env'), 'ADMIN_TOKEN=of-the-file\nADMIN_URL=http://127.0.0.1:2\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const said = async (env: Record<string, string>) => {
    const { bin } = JSON.parse(await readFile('libs/strangler/package.json', 'utf8')) as {
      bin: { strangler: string };
    };
    const program = join(process.cwd(), 'libs/strangler', bin.strangler);
    const run = promisify(execFile)(process.execPath, [program, 'status'], { cwd: folder, env });
    return run.then(
      () => 'nothing is wrong',
      (error: unknown) => (error as { stderr: string }).stderr,
    );
  };

  it('reads the settings of .env where it is called, and what is set outside wins', async () => {
    expect(await said({})).toMatch(/^nothing answers at http:\/\/127\.0\.0\.1:2 /);
    expect(await said({ ADMIN_URL: 'http://127.0.0.1:1' })).toMatch(
      /^nothing answers at http:\/\/127\.0\.0\.1:1 /,
    );
  });
});
