import { Api } from './support/api';
import { createUser, PASSWORD, unique } from './support/fixtures';

describe('users', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  it('refuses a second account with the same e-mail address', async () => {
    const { email } = await createUser(api);
    const { body } = await api.admin
      .post('/users', { email: email.toUpperCase(), password: PASSWORD, fullName: 'Twin', role: 'admin' })
      .expect(409);
    expect(body.message).toContain(email);
  });

  it('lists what is wrong with the input', async () => {
    const { body } = await api.admin
      .post('/users', { email: 'nobody', password: 'short', fullName: 'N. N.', role: 'king' })
      .expect(422);
    expect(body.errors.map((error: { field: string }) => error.field)).toEqual(['email', 'password', 'role']);
  });

  it('is for administrators', async () => {
    await api.reception.get('/users').expect(403);
  });

  it('finds accounts, page by page', async () => {
    const name = unique('Paged');
    const ids: number[] = [];
    for (let n = 0; n < 3; n++) {
      const user = { email: `${unique('paged')}@lindenhof.test`, password: PASSWORD, fullName: name };
      const { body } = await api.admin.post('/users', { ...user, role: 'reception' }).expect(201);
      ids.push(body.id);
    }
    const { body } = await api.admin.get(`/users?search=${name}&limit=2&page=2`).expect(200);
    expect(body).toMatchObject({ total: 3, page: 2, pages: 2, items: [{ id: ids[2], fullName: name }] });
    expect(body.items[0]).not.toHaveProperty('passwordHash');
    await api.admin.get('/users?limit=1000').expect(422);
  });

  it('updates an account', async () => {
    const { id } = await createUser(api);
    await api.admin.patch(`/users/${id}`, { fullName: 'Someone Else', role: 'practitioner' }).expect(200);
    const { body } = await api.admin.get(`/users/${id}`).expect(200);
    expect(body).toMatchObject({ fullName: 'Someone Else', role: 'practitioner' });
  });

  it('changes the own password and ends the other sessions', async () => {
    const { email, client } = await createUser(api);
    const other = await api.login(email, PASSWORD);
    await client
      .post('/users/me/password', { currentPassword: 'a guess', newPassword: 'another-password' })
      .expect(422);
    await client
      .post('/users/me/password', { currentPassword: PASSWORD, newPassword: 'another-password' })
      .expect(204);
    await client.get('/auth/me').expect(200);
    await other.get('/auth/me').expect(401);
    await api.login(email, 'another-password');
  });

  it('locks a deactivated account out', async () => {
    const { id, email, client } = await createUser(api);
    const { body } = await api.admin.post(`/users/${id}/deactivate`).expect(200);
    expect(body.active).toBe(false);
    await client.get('/auth/me').expect(401);
    await api.anonymous.post('/auth/login', { email, password: PASSWORD }).expect(401);
  });
});
