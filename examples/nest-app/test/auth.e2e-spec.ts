import { Api } from './support/api';
import { createUser, PASSWORD, unique } from './support/fixtures';

describe('auth', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  it('logs in and tells who is logged in, without the password hash', async () => {
    const { email, client } = await createUser(api);
    const { body } = await client.get('/auth/me').expect(200);
    expect(body).toMatchObject({ email, role: 'reception', active: true });
    expect(body.lastLoginAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(body).not.toHaveProperty('passwordHash');
  });

  it('refuses a wrong password', async () => {
    const { email } = await createUser(api);
    await api.anonymous.post('/auth/login', { email, password: 'not-the-password' }).expect(401);
  });

  it('refuses requests without a token, and says the request id', async () => {
    const id = unique('request');
    const { body, headers } = await api.anonymous.get('/auth/me').set('X-Request-Id', id).expect(401);
    expect(headers['x-request-id']).toBe(id);
    expect(body).toMatchObject({
      statusCode: 401,
      message: 'Missing access token',
      path: '/api/auth/me',
      requestId: id,
    });
  });

  it('hands out new tokens once for a refresh token', async () => {
    const { client } = await createUser(api);
    const { refreshToken } = client;
    const { body } = await api.anonymous.post('/auth/refresh', { refreshToken }).expect(200);
    expect(body.refreshToken).not.toBe(refreshToken);
    await api.anonymous.post('/auth/refresh', { refreshToken }).expect(401);
    await api.anonymous.post('/auth/refresh', { refreshToken: body.refreshToken }).expect(200);
  });

  it('ends the session on logout', async () => {
    const { email } = await createUser(api);
    const client = await api.login(email, PASSWORD);
    await client.post('/auth/logout').expect(204);
    await client.get('/auth/me').expect(401);
  });
});
