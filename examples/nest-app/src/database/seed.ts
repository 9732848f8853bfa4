import * as bcrypt from 'bcryptjs';
import { DataSource } from 'typeorm';
import { AppointmentKind } from '../appointments/appointment.enums';
import { Appointment } from '../appointments/entities/appointment.entity';
import { addDays, addMinutes, startOfDay } from '../common/utils/dates';
import { Patient } from '../patients/entities/patient.entity';
import { Practitioner } from '../practitioners/entities/practitioner.entity';
import { Specialty } from '../practitioners/specialty.enum';
import { User } from '../users/entities/user.entity';
import { UserRole } from '../users/user-role.enum';
import { SEED_ADMIN, SEED_PASSWORD, SEED_RECEPTION } from './accounts';
import dataSource from './data-source';

const PRACTITIONERS = [
  { fullName: 'Dr. Ines Baumann', specialty: Specialty.General, room: '101' },
  { fullName: 'Dr. Omar Haddad', specialty: Specialty.Cardiology, room: '204' },
  { fullName: 'Lena Vogt', specialty: Specialty.Physiotherapy, room: 'Gym' },
];

const PATIENTS = [
  { firstName: 'Jonas', lastName: 'Keller', birthDate: '1984-05-17', allergies: ['Penicillin'] },
  { firstName: 'Mira', lastName: 'Lang', birthDate: '1991-11-02', allergies: [] },
  { firstName: 'Peter', lastName: 'Arndt', birthDate: '1956-01-29', allergies: ['Ibuprofen', 'Latex'] },
  { firstName: 'Sofia', lastName: 'Greco', birthDate: '2016-08-08', allergies: [] },
  { firstName: 'Tarek', lastName: 'Nasser', birthDate: '1978-03-21', allergies: [] },
];

export async function seed(source: DataSource): Promise<boolean> {
  if (await source.getRepository(User).existsBy({ email: SEED_ADMIN })) return false;

  await source.transaction(async (manager) => {
    const passwordHash = await bcrypt.hash(SEED_PASSWORD, 10);
    const user = (email: string, fullName: string, role: UserRole) =>
      manager.save(manager.create(User, { email, fullName, role, passwordHash }));

    await user(SEED_ADMIN, 'Anna Lindenhof', UserRole.Admin);
    const reception = await user(SEED_RECEPTION, 'Rita Sommer', UserRole.Reception);

    const practitioners: Practitioner[] = [];
    for (const [index, { fullName, ...profile }] of PRACTITIONERS.entries()) {
      practitioners.push(
        await manager.save(
          manager.create(Practitioner, {
            ...profile,
            user: await user(`practitioner${index + 1}@lindenhof.test`, fullName, UserRole.Practitioner),
            licenseNumber: `LIC-${1000 + index}`,
            workingHours: [1, 2, 3, 4, 5].map((weekday) => ({
              weekday,
              opensAt: '08:00',
              closesAt: '16:00',
            })),
          }),
        ),
      );
    }

    const patients: Patient[] = [];
    for (const [index, patient] of PATIENTS.entries()) {
      const practitioner = practitioners[index % practitioners.length];
      patients.push(
        await manager.save(
          manager.create(Patient, {
            ...patient,
            email: `${patient.firstName}.${patient.lastName}@mail.test`.toLowerCase(),
            insuranceNumber: `INS-${20000 + index}`,
            primaryPractitioner: practitioner,
            careTeam: [practitioner],
            registeredBy: reception,
          }),
        ),
      );
    }

    const firstDay = nextMonday();
    for (const [index, patient] of patients.entries()) {
      const startsAt = addMinutes(addDays(firstDay, index), 9 * 60);
      await manager.save(
        manager.create(Appointment, {
          patient,
          practitioner: patient.primaryPractitioner!,
          bookedBy: reception,
          kind: AppointmentKind.Consultation,
          startsAt,
          endsAt: addMinutes(startsAt, 30),
        }),
      );
    }
  });
  return true;
}

function nextMonday(): Date {
  const today = startOfDay(new Date());
  return addDays(today, 8 - (today.getUTCDay() || 7));
}

async function main() {
  await dataSource.initialize();
  const done = await seed(dataSource);
  console.log(done ? 'Seeded' : 'Already seeded');
  await dataSource.destroy();
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
