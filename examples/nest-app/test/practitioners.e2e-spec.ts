import { Api } from './support/api';
import { book, createPatient, createPractitioner, createUser, daysAhead, unique } from './support/fixtures';

describe('practitioners', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  it('shows a practitioner with account and working hours', async () => {
    const { id, userId } = await createPractitioner(api);
    const { body } = await api.reception.get(`/practitioners/${id}`).expect(200);
    expect(body).toMatchObject({ id, specialty: 'general', acceptsPatients: true, user: { id: userId } });
    expect(body.user).not.toHaveProperty('passwordHash');
    expect(body.workingHours).toHaveLength(7);
    expect(body.workingHours[0]).toEqual({ weekday: 0, opensAt: '08:00', closesAt: '18:00' });
  });

  it('needs an account with the right role and a licence of its own', async () => {
    const licenseNumber = unique('L');
    await createPractitioner(api, { licenseNumber });
    const reception = await createUser(api, 'reception');
    const profile = { licenseNumber, specialty: 'cardiology' };
    const { body } = await api.admin.post('/practitioners', { ...profile, userId: reception.id }).expect(422);
    expect(body.errors).toEqual([{ field: 'userId', message: `User ${reception.id} is not a practitioner` }]);

    const practitioner = await createUser(api, 'practitioner');
    await api.admin.post('/practitioners', { ...profile, userId: practitioner.id }).expect(409);
  });

  it('filters by specialty', async () => {
    await createPractitioner(api, { specialty: 'dermatology' });
    const { body } = await api.reception.get('/practitioners?specialty=dermatology').expect(200);
    expect(body.total).toBeGreaterThan(0);
    expect(new Set(body.items.map((item: { specialty: string }) => item.specialty))).toEqual(
      new Set(['dermatology']),
    );
  });

  it('replaces the working hours', async () => {
    const { id } = await createPractitioner(api);
    const workingHours = [{ weekday: 2, opensAt: '10:00', closesAt: '12:00' }];
    const { body } = await api.admin.patch(`/practitioners/${id}`, { workingHours, room: '7' }).expect(200);
    expect(body).toMatchObject({ room: '7', workingHours });
    const wrong = await api.admin
      .patch(`/practitioners/${id}`, { workingHours: [{ weekday: 2, opensAt: '12:00', closesAt: '10:00' }] })
      .expect(422);
    expect(wrong.body.errors[0].field).toBe('workingHours.0.closesAt');
  });

  it('offers the slots that are free', async () => {
    const { id } = await createPractitioner(api);
    const patient = await createPatient(api);
    await book(api, patient.id, id, daysAhead(4, '09:00'));
    const { body } = await api.reception
      .get(`/practitioners/${id}/slots?day=${daysAhead(4).slice(0, 10)}&kind=consultation`)
      .expect(200);
    const starts = body.map((slot: { startsAt: string }) => slot.startsAt);
    expect(starts).toHaveLength(19);
    expect(starts).toContain(daysAhead(4, '09:30'));
    expect(starts).not.toContain(daysAhead(4, '09:00'));
  });
});
