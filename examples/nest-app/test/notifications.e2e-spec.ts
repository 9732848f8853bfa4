import { Api } from './support/api';
import { book, createPatient, createPractitioner, daysAhead } from './support/fixtures';

describe('notifications', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  it('are read one by one, or all', async () => {
    const { id, client } = await createPractitioner(api);
    const patient = await createPatient(api);
    for (const day of [3, 4, 5]) await book(api, patient.id, id, daysAhead(day));
    const { body } = await client.get('/notifications?unread=true').expect(200);
    expect(body.total).toBe(3);

    const read = await client.post(`/notifications/${body.items[0].id}/read`).expect(200);
    expect(read.body.readAt).not.toBeNull();
    expect((await client.get('/notifications/unread-count').expect(200)).body).toEqual({ unread: 2 });
    expect((await client.post('/notifications/read-all').expect(200)).body).toEqual({ read: 2 });
    expect((await client.get('/notifications?unread=true').expect(200)).body.total).toBe(0);
  });

  it('are no one else’s', async () => {
    const { id, client } = await createPractitioner(api);
    const patient = await createPatient(api);
    await book(api, patient.id, id);
    const { body } = await client.get('/notifications').expect(200);
    await api.admin.post(`/notifications/${body.items[0].id}/read`).expect(404);
  });
});
