import {
  ConflictException,
  Injectable,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, Repository } from 'typeorm';
import { APPOINTMENT_COMPLETED, AppointmentCompletedEvent } from '../appointments/appointments.events';
import { Page, pageOptions } from '../common/dto/page.dto';
import { NotificationKind } from '../notifications/notification-kind.enum';
import { NotificationsService } from '../notifications/notifications.service';
import { Practitioner } from '../practitioners/entities/practitioner.entity';
import { PractitionersService } from '../practitioners/practitioners.service';
import { UsersService } from '../users/users.service';
import { CreatePatientDto } from './dto/create-patient.dto';
import { PatientsQueryDto } from './dto/patients-query.dto';
import { UpdatePatientDto } from './dto/update-patient.dto';
import { Patient } from './entities/patient.entity';
import { PATIENT_ARCHIVED, PatientArchivedEvent } from './patients.events';

@Injectable()
export class PatientsService {
  constructor(
    @InjectRepository(Patient) private readonly patients: Repository<Patient>,
    private readonly practitioners: PractitionersService,
    private readonly users: UsersService,
    private readonly notifications: NotificationsService,
    private readonly events: EventEmitter2,
  ) {}

  async create(dto: CreatePatientDto, userId: number): Promise<Patient> {
    await this.assertEmailIsFree(dto.email);
    const { primaryPractitionerId, ...rest } = dto;
    const primaryPractitioner = primaryPractitionerId
      ? await this.acceptingPractitioner(primaryPractitionerId)
      : null;
    const patient = await this.patients.save(
      this.patients.create({
        ...rest,
        primaryPractitioner,
        careTeam: primaryPractitioner ? [primaryPractitioner] : [],
        registeredBy: await this.users.findOne(userId),
      }),
    );
    return this.findOne(patient.id);
  }

  async findAll(query: PatientsQueryDto): Promise<Page<Patient>> {
    const builder = this.patients
      .createQueryBuilder('patient')
      .leftJoinAndSelect('patient.primaryPractitioner', 'practitioner')
      .leftJoinAndSelect('practitioner.user', 'user')
      .orderBy('patient.lastName', 'ASC')
      .addOrderBy('patient.id', 'ASC');
    if (query.search) {
      builder.andWhere(
        new Brackets((where) =>
          where
            .where('patient.lastName ILIKE :search')
            .orWhere('patient.firstName ILIKE :search')
            .orWhere('patient.email ILIKE :search'),
        ),
        { search: `%${query.search}%` },
      );
    }
    if (query.practitionerId) {
      builder.innerJoin('patient.careTeam', 'member', 'member.id = :practitionerId', {
        practitionerId: query.practitionerId,
      });
    }
    const { skip, take } = pageOptions(query);
    const [items, total] = await builder.skip(skip).take(take).getManyAndCount();
    return new Page(items, total, query);
  }

  async findOne(id: number): Promise<Patient> {
    const patient = await this.patients.findOne({
      where: { id },
      relations: { careTeam: true, registeredBy: true },
    });
    if (!patient) throw new NotFoundException(`Patient ${id} not found`);
    return patient;
  }

  async update(id: number, dto: UpdatePatientDto): Promise<Patient> {
    const patient = await this.findOne(id);
    if (dto.email && dto.email !== patient.email) await this.assertEmailIsFree(dto.email);
    const { primaryPractitionerId, ...rest } = dto;
    if (primaryPractitionerId && primaryPractitionerId !== patient.primaryPractitioner?.id) {
      const practitioner = await this.acceptingPractitioner(primaryPractitionerId);
      patient.primaryPractitioner = practitioner;
      if (!patient.careTeam.some((member) => member.id === practitioner.id))
        patient.careTeam.push(practitioner);
    }
    return this.patients.save(Object.assign(patient, rest));
  }

  async addToCareTeam(id: number, practitionerId: number): Promise<Patient> {
    const patient = await this.findOne(id);
    const practitioner = await this.practitioners.findOne(practitionerId);
    if (patient.careTeam.some((member) => member.id === practitionerId)) {
      throw new ConflictException(`Practitioner ${practitionerId} is already in the care team`);
    }
    patient.careTeam.push(practitioner);
    await this.patients.save(patient);
    await this.notifications.notify(
      practitioner.user.id,
      NotificationKind.CareTeamJoined,
      `You joined the care team of ${patient.fullName}`,
      { patientId: id },
    );
    return patient;
  }

  async removeFromCareTeam(id: number, practitionerId: number): Promise<Patient> {
    const patient = await this.findOne(id);
    if (patient.primaryPractitioner?.id === practitionerId) {
      throw new ConflictException('The primary practitioner cannot leave the care team');
    }
    patient.careTeam = patient.careTeam.filter((member) => member.id !== practitionerId);
    return this.patients.save(patient);
  }

  async archive(id: number, userId: number): Promise<void> {
    const patient = await this.findOne(id);
    await this.patients.softRemove(patient);
    await this.events.emitAsync(PATIENT_ARCHIVED, new PatientArchivedEvent(id, userId));
  }

  async restore(id: number): Promise<Patient> {
    const patient = await this.patients.findOne({ where: { id }, withDeleted: true });
    if (!patient) throw new NotFoundException(`Patient ${id} not found`);
    if (!patient.deletedAt) throw new ConflictException(`Patient ${id} is not archived`);
    await this.assertEmailIsFree(patient.email);
    await this.patients.restore(id);
    return this.findOne(id);
  }

  @OnEvent(APPOINTMENT_COMPLETED)
  async onAppointmentCompleted(event: AppointmentCompletedEvent): Promise<void> {
    await this.patients.update(event.patientId, { lastVisitAt: event.completedAt });
  }

  private async acceptingPractitioner(id: number): Promise<Practitioner> {
    const practitioner = await this.practitioners.findOne(id);
    if (!practitioner.acceptsPatients) {
      throw new UnprocessableEntityException({
        message: 'Validation failed',
        errors: [{ field: 'primaryPractitionerId', message: `Practitioner ${id} accepts no new patients` }],
      });
    }
    return practitioner;
  }

  private async assertEmailIsFree(email: string): Promise<void> {
    if (await this.patients.existsBy({ email })) {
      throw new ConflictException(`A patient with the e-mail address ${email} is already registered`);
    }
  }
}
