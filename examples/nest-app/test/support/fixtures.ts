import { randomBytes } from 'crypto';
import { Api, Client } from './api';

export const PASSWORD = 'a-good-password';

export const unique = (prefix: string) => `${prefix}-${randomBytes(5).toString('hex')}`;

export const everyDay = [0, 1, 2, 3, 4, 5, 6].map((weekday) => ({
  weekday,
  opensAt: '08:00',
  closesAt: '18:00',
}));

export async function createUser(
  api: Api,
  role = 'reception',
): Promise<{ id: number; email: string; client: Client }> {
  const email = `${unique('user')}@lindenhof.test`;
  const { body } = await api.admin
    .post('/users', { email, password: PASSWORD, fullName: unique('User'), role })
    .expect(201);
  return { id: body.id, email, client: await api.login(email, PASSWORD) };
}

export async function createPractitioner(api: Api, overrides: object = {}) {
  const user = await createUser(api, 'practitioner');
  const { body } = await api.admin
    .post('/practitioners', {
      userId: user.id,
      licenseNumber: unique('L'),
      specialty: 'general',
      workingHours: everyDay,
      ...overrides,
    })
    .expect(201);
  return { id: body.id as number, userId: user.id, client: user.client };
}

export async function createPatient(api: Api, overrides: object = {}) {
  const { body } = await api.reception
    .post('/patients', {
      firstName: 'Paula',
      lastName: unique('Patient'),
      email: `${unique('patient')}@mail.test`,
      birthDate: '1990-04-12',
      ...overrides,
    })
    .expect(201);
  return body;
}

export function daysAhead(days: number, time = '09:00'): string {
  const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  return `${day}T${time}:00.000Z`;
}

export async function book(api: Api, patientId: number, practitionerId: number, startsAt = daysAhead(3)) {
  const { body } = await api.reception
    .post('/appointments', { patientId, practitionerId, kind: 'consultation', startsAt })
    .expect(201);
  return body;
}

export async function eventually(check: () => Promise<void>, attempts = 20): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await check();
    } catch (error) {
      if (attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
