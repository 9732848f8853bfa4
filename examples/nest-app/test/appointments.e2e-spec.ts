import { Api } from './support/api';
import { book, createPatient, createPractitioner, daysAhead, eventually } from './support/fixtures';

describe('appointments', () => {
  let api: Api;
  let practitioner: Awaited<ReturnType<typeof createPractitioner>>;
  let patientId: number;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.stop());

  beforeEach(async () => {
    practitioner = await createPractitioner(api);
    patientId = (await createPatient(api)).id;
  });

  it('books an appointment and tells the practitioner', async () => {
    const appointment = await book(api, patientId, practitioner.id, daysAhead(5, '10:00'));
    expect(appointment).toMatchObject({
      status: 'scheduled',
      startsAt: daysAhead(5, '10:00'),
      endsAt: daysAhead(5, '10:30'),
      minutes: 30,
      version: 1,
      patient: { id: patientId },
      practitioner: { id: practitioner.id },
      bookedBy: { email: 'reception@lindenhof.test' },
    });
    const { body } = await practitioner.client.get('/notifications?kind=appointment_booked').expect(200);
    expect(body.items[0].payload).toEqual({ appointmentId: appointment.id, patientId });
  });

  it('books no one twice at the same time', async () => {
    await book(api, patientId, practitioner.id, daysAhead(5, '10:00'));
    const other = await createPatient(api);
    const { body } = await api.reception
      .post('/appointments', {
        patientId: other.id,
        practitionerId: practitioner.id,
        kind: 'vaccination',
        startsAt: daysAhead(5, '10:20'),
      })
      .expect(409);
    expect(body.message).toBe('The practitioner has another appointment at this time');
  });

  it('books neither in the past nor at night', async () => {
    const { body } = await api.reception
      .post('/appointments', {
        patientId,
        practitionerId: practitioner.id,
        kind: 'check_up',
        startsAt: daysAhead(-1, '23:00'),
      })
      .expect(422);
    expect(body.errors.map((error: { message: string }) => error.message)).toEqual([
      'startsAt must be in the future',
      'startsAt is outside the working hours of the practitioner',
    ]);
    await api.reception
      .post('/appointments', { patientId: 0, practitionerId: 0, kind: 'check_up', startsAt: daysAhead(1) })
      .expect(404);
  });

  it('moves an appointment, unless someone else changed it meanwhile', async () => {
    const { id, version } = await book(api, patientId, practitioner.id);
    const startsAt = daysAhead(6, '11:00');
    const { body } = await api.reception
      .patch(`/appointments/${id}`, { startsAt, kind: 'check_up', version })
      .expect(200);
    expect(body).toMatchObject({ startsAt, endsAt: daysAhead(6, '11:45'), version: version + 1 });
    await api.reception.patch(`/appointments/${id}`, { reason: 'Cough', version }).expect(409);
  });

  it('cancels an appointment once', async () => {
    const { id } = await book(api, patientId, practitioner.id);
    const { body } = await api.reception
      .post(`/appointments/${id}/cancel`, { reason: 'Recovered' })
      .expect(200);
    expect(body).toMatchObject({ status: 'cancelled', cancellationReason: 'Recovered' });
    await api.reception.post(`/appointments/${id}/cancel`, { reason: 'Again' }).expect(409);
    await book(api, patientId, practitioner.id);
  });

  it('filters by patient, period and status', async () => {
    const first = await book(api, patientId, practitioner.id, daysAhead(5));
    await book(api, patientId, practitioner.id, daysAhead(9));
    const { body } = await api.reception
      .get(`/appointments?patientId=${patientId}&from=${daysAhead(4)}&to=${daysAhead(6)}&status=scheduled`)
      .expect(200);
    expect(body).toMatchObject({ total: 1, items: [{ id: first.id }] });
  });

  it('completes with a record, and notes the visit', async () => {
    const { id } = await book(api, patientId, practitioner.id);
    await practitioner.client.post(`/appointments/${id}/complete`, { diagnosis: 'Flu' }).expect(409);
    await api.reception.post(`/appointments/${id}/check-in`).expect(200);
    await api.reception.post(`/appointments/${id}/complete`, { diagnosis: 'Flu' }).expect(403);
    const stranger = await createPractitioner(api);
    await stranger.client.post(`/appointments/${id}/complete`, { diagnosis: 'Flu' }).expect(403);

    const { body } = await practitioner.client
      .post(`/appointments/${id}/complete`, {
        diagnosis: 'Flu',
        prescriptions: [{ drug: 'Paracetamol', dosage: '500 mg', days: 5 }],
      })
      .expect(201);
    expect(body).toMatchObject({
      diagnosis: 'Flu',
      signed: false,
      author: { id: practitioner.userId },
      appointment: { id, status: 'completed' },
      prescriptions: [{ drug: 'Paracetamol', days: 5 }],
    });
    await eventually(async () => {
      const patient = await api.reception.get(`/patients/${patientId}`).expect(200);
      expect(patient.body.lastVisitAt).not.toBeNull();
    });
  });

  it('reports the workload', async () => {
    await book(api, patientId, practitioner.id, daysAhead(5));
    await book(api, patientId, practitioner.id, daysAhead(6));
    const { body } = await api.admin
      .get(`/appointments/workload?from=${daysAhead(1)}&to=${daysAhead(30)}`)
      .expect(200);
    expect(body).toContainEqual(
      expect.objectContaining({ practitionerId: practitioner.id, appointments: 2, completed: 0, missed: 0 }),
    );
  });
});
