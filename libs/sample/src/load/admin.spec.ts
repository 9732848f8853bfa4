import { users } from '#contracts';
import { UsersModule } from '#domain/users';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { ensureAdmin } from './admin.js';

describe('the admin account', () => {
  let shop: RunningModules;
  let dataDir: string;

  beforeEach(async () => {
    shop = await startModules([UsersModule]);
    dataDir = await mkdtemp(join(tmpdir(), 'admin-'));
  });

  afterEach(async () => {
    await shop.stop();
    await rm(dataDir, { recursive: true });
  });

  const login = async () =>
    JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as { email: string; password: string };

  it('is made once, with a random password that the operator can read', async () => {
    const port = shop.port(users);
    const made = await ensureAdmin(port, { dataDir });
    expect(made).toMatchObject({
      email: 'admin@shop.example',
      file: join(dataDir, 'admin.json'),
      created: true,
    });
    await expect(port.authenticate(await login())).resolves.toHaveProperty('accessToken');
    expect(await port.getUser({ id: made.id })).toMatchObject({ role: 'admin' });
    expect(await ensureAdmin(port, { dataDir })).toEqual({ ...made, created: false });
  });

  it('has the password of its file also after a crash between the file and the account', async () => {
    const broken = { ...shop.port(users), importUser: () => Promise.reject(new Error('crash')) };
    await expect(ensureAdmin(broken, { dataDir })).rejects.toThrow('crash');
    await ensureAdmin(shop.port(users), { dataDir });
    await expect(shop.port(users).authenticate(await login())).resolves.toHaveProperty('accessToken');
  });

  it('is one when several processes start at once', async () => {
    const port = shop.port(users);
    const made = await Promise.all([1, 2, 3, 4].map(() => ensureAdmin(port, { dataDir })));
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    await expect(port.authenticate(await login())).resolves.toHaveProperty('accessToken');
  });

  it('has the credentials of the settings, and then no file is written', async () => {
    const given = { email: ' Boss@Shop.Example ', password: 'correct horse' };
    expect(await ensureAdmin(shop.port(users), given)).toMatchObject({
      email: 'boss@shop.example',
      created: true,
    });
    await expect(shop.port(users).authenticate(given)).resolves.toHaveProperty('accessToken');
    expect(await ensureAdmin(shop.port(users), given)).toMatchObject({ created: false });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('does not make an admin of whoever registered that e-mail before', async () => {
    const port = shop.port(users);
    const id = '01939d6e-0000-7000-8000-000000000001';
    await port.register({ id, email: 'boss@shop.example', name: 'Eve', password: 'evil horse' });
    const given = { email: 'boss@shop.example', password: 'correct horse' };
    await expect(ensureAdmin(port, given)).rejects.toThrow('belongs to an ordinary user');
    expect(await port.getUser({ id })).toMatchObject({ role: 'user' });
  });
});
