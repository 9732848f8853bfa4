import { Api } from './support/api';
import { book, createPatient, createPractitioner, unique } from './support/fixtures';

describe('patients', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  it('registers a patient, and shows the insurance number only in detail', async () => {
    const lastName = unique('Registered');
    const patient = await createPatient(api, { lastName, insuranceNumber: 'INS-1', allergies: ['Latex'] });
    expect(patient).toMatchObject({
      fullName: `Paula ${lastName}`,
      birthDate: '1990-04-12',
      allergies: ['Latex'],
      insuranceNumber: 'INS-1',
      registeredBy: { email: 'reception@lindenhof.test' },
    });
    expect(patient.age).toBeGreaterThan(30);

    const { body } = await api.reception.get(`/patients?search=${lastName.toLowerCase()}`).expect(200);
    expect(body).toMatchObject({ total: 1, items: [{ id: patient.id }] });
    expect(body.items[0]).not.toHaveProperty('insuranceNumber');
  });

  it('refuses a second patient with the same e-mail address', async () => {
    const { email } = await createPatient(api);
    await api.reception
      .post('/patients', { firstName: 'P', lastName: 'Q', email, birthDate: '2001-01-01' })
      .expect(409);
  });

  it('gives no patient to a practitioner who takes none', async () => {
    const { id } = await createPractitioner(api, { acceptsPatients: false });
    const patient = await createPatient(api);
    const { body } = await api.reception
      .patch(`/patients/${patient.id}`, { primaryPractitionerId: id })
      .expect(422);
    expect(body.errors[0].field).toBe('primaryPractitionerId');
  });

  it('keeps a care team', async () => {
    const primary = await createPractitioner(api);
    const second = await createPractitioner(api);
    const { id } = await createPatient(api, { primaryPractitionerId: primary.id });
    await api.reception.put(`/patients/${id}/care-team/${second.id}`).expect(200);
    await api.reception.put(`/patients/${id}/care-team/${second.id}`).expect(409);

    const { body } = await second.client.get('/notifications').expect(200);
    expect(body.items[0]).toMatchObject({ kind: 'care_team_joined', payload: { patientId: id } });
    const found = await second.client.get(`/patients?practitionerId=${second.id}`).expect(200);
    expect(found.body.items.map((patient: { id: number }) => patient.id)).toEqual([id]);

    await api.reception.delete(`/patients/${id}/care-team/${primary.id}`).expect(409);
    const left = await api.reception.delete(`/patients/${id}/care-team/${second.id}`).expect(200);
    expect(left.body.careTeam.map((member: { id: number }) => member.id)).toEqual([primary.id]);
  });

  it('archives a patient, cancels the appointments, and restores', async () => {
    const practitioner = await createPractitioner(api);
    const patient = await createPatient(api);
    const appointment = await book(api, patient.id, practitioner.id);
    await api.reception.delete(`/patients/${patient.id}`).expect(204);
    await api.reception.get(`/patients/${patient.id}`).expect(404);
    const { body } = await api.reception.get(`/appointments/${appointment.id}`).expect(200);
    expect(body).toMatchObject({
      status: 'cancelled',
      cancellationReason: 'Patient archived',
      patient: { id: patient.id },
    });

    await api.reception.post(`/patients/${patient.id}/restore`).expect(403);
    await api.admin.post(`/patients/${patient.id}/restore`).expect(200);
    await api.admin.post(`/patients/${patient.id}/restore`).expect(409);
  });

  it('does not restore a patient whose e-mail address is taken by now', async () => {
    const { id, email } = await createPatient(api);
    await api.reception.delete(`/patients/${id}`).expect(204);
    await createPatient(api, { email });
    await api.admin.post(`/patients/${id}/restore`).expect(409);
  });
});
