import { Api } from './support/api';
import { createUser, PASSWORD } from './support/fixtures';

describe('sessions', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  it('shows the own sessions and revokes one of them', async () => {
    const { email, client } = await createUser(api);
    const other = await api.login(email, PASSWORD);
    const { body } = await client.get('/sessions').expect(200);
    expect(body).toHaveLength(2);
    expect(body[0]).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), remembered: false });
    expect(body[0]).not.toHaveProperty('tokenHash');

    await client.delete(`/sessions/${body[0].id}`).expect(204);
    await other.get('/auth/me').expect(401);
    await client.delete(`/sessions/${body[0].id}`).expect(404);
  });

  it('keeps a remembered session longer', async () => {
    const { email, client } = await createUser(api);
    await api.anonymous.post('/auth/login', { email, password: PASSWORD, remember: true }).expect(200);
    const { body } = await client.get('/sessions').expect(200);
    const days = body.map(({ createdAt, expiresAt }: { createdAt: string; expiresAt: string }) =>
      Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 86_400_000),
    );
    expect(days).toEqual([30, 1]);
  });

  it('revokes all sessions but the one that asks', async () => {
    const { email, client } = await createUser(api);
    const others = [await api.login(email, PASSWORD), await api.login(email, PASSWORD)];
    const { body } = await client.delete('/sessions').expect(200);
    expect(body).toEqual({ revoked: 2 });
    await others[0].get('/auth/me').expect(401);
    await client.get('/auth/me').expect(200);
  });
});
