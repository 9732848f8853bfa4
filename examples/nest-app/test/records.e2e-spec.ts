import { Api } from './support/api';
import { book, createPatient, createPractitioner, daysAhead } from './support/fixtures';

describe('records', () => {
  let api: Api;
  let practitioner: Awaited<ReturnType<typeof createPractitioner>>;
  let patientId: number;
  let appointmentId: number;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  beforeEach(async () => {
    practitioner = await createPractitioner(api);
    patientId = (await createPatient(api, { allergies: ['Penicillin'] })).id;
    appointmentId = (await book(api, patientId, practitioner.id)).id;
    await api.reception.post(`/appointments/${appointmentId}/check-in`).expect(200);
  });

  const complete = async (details: object = {}) => {
    const { body } = await practitioner.client
      .post(`/appointments/${appointmentId}/complete`, { diagnosis: 'Angina', ...details })
      .expect(201);
    return body;
  };

  it('prescribes nothing the patient is allergic to', async () => {
    const { body } = await practitioner.client
      .post(`/appointments/${appointmentId}/complete`, {
        diagnosis: 'Angina',
        prescriptions: [
          { drug: 'Ibuprofen', dosage: '400 mg', days: 3 },
          { drug: 'penicillin', dosage: '1 g', days: 7 },
        ],
      })
      .expect(422);
    expect(body.errors).toEqual([
      { field: 'prescriptions.1.drug', message: expect.stringContaining('is allergic to penicillin') },
    ]);
    const records = await practitioner.client.get(`/patients/${patientId}/records`).expect(200);
    expect(records.body.total).toBe(0);
  });

  it('shows the records of a patient, but not to the reception', async () => {
    const record = await complete();
    const { body } = await practitioner.client.get(`/patients/${patientId}/records`).expect(200);
    expect(body).toMatchObject({ total: 1, items: [{ id: record.id, author: { id: practitioner.userId } }] });
    await api.reception.get(`/patients/${patientId}/records`).expect(403);
    await practitioner.client.get('/patients/0/records').expect(404);
  });

  it('is changed by its author until it is signed', async () => {
    const { id } = await complete({ prescriptions: [{ drug: 'Ibuprofen', dosage: '400 mg', days: 3 }] });
    const prescriptions = [{ drug: 'Paracetamol', dosage: '500 mg', days: 4 }];
    const { body } = await practitioner.client
      .patch(`/records/${id}`, { notes: 'Better', prescriptions })
      .expect(200);
    expect(body).toMatchObject({ notes: 'Better', diagnosis: 'Angina', prescriptions });

    const stranger = await createPractitioner(api);
    await stranger.client.patch(`/records/${id}`, { notes: 'Worse' }).expect(403);

    const signed = await practitioner.client.post(`/records/${id}/sign`).expect(200);
    expect(signed.body.signed).toBe(true);
    await practitioner.client.patch(`/records/${id}`, { notes: 'Late' }).expect(409);
  });

  it('books the follow-up with the same practitioner', async () => {
    const { id } = await complete({ followUpOn: daysAhead(20).slice(0, 10) });
    const { body } = await practitioner.client
      .post(`/records/${id}/follow-up`, { startsAt: daysAhead(20, '14:00') })
      .expect(201);
    expect(body).toMatchObject({
      kind: 'follow_up',
      reason: 'Follow-up: Angina',
      minutes: 15,
      practitioner: { id: practitioner.id },
      patient: { id: patientId },
    });
  });
});
