import {
  ConflictException,
  ForbiddenException,
  forwardRef,
  Inject,
  Injectable,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { AppointmentKind } from '../appointments/appointment.enums';
import { AppointmentsService } from '../appointments/appointments.service';
import { Appointment } from '../appointments/entities/appointment.entity';
import type { AuthUser } from '../auth/auth-user';
import { PageQueryDto } from '../common/dto/page-query.dto';
import { Page, pageOptions } from '../common/dto/page.dto';
import { NotificationKind } from '../notifications/notification-kind.enum';
import { NotificationsService } from '../notifications/notifications.service';
import { Patient } from '../patients/entities/patient.entity';
import { PatientsService } from '../patients/patients.service';
import { UserRole } from '../users/user-role.enum';
import { UsersService } from '../users/users.service';
import { FollowUpDto } from './dto/follow-up.dto';
import { PrescriptionDto } from './dto/prescription.dto';
import { UpdateRecordDto } from './dto/update-record.dto';
import { MedicalRecord } from './entities/medical-record.entity';

@Injectable()
export class RecordsService {
  constructor(
    @InjectRepository(MedicalRecord) private readonly records: Repository<MedicalRecord>,
    @Inject(forwardRef(() => AppointmentsService)) private readonly appointments: AppointmentsService,
    private readonly patients: PatientsService,
    private readonly users: UsersService,
    private readonly notifications: NotificationsService,
  ) {}

  async findForPatient(patientId: number, query: PageQueryDto): Promise<Page<MedicalRecord>> {
    await this.patients.findOne(patientId);
    const [items, total] = await this.records.findAndCount({
      where: { patient: { id: patientId } },
      order: { createdAt: 'DESC', id: 'DESC' },
      ...pageOptions(query),
    });
    return new Page(items, total, query);
  }

  async findOne(id: number): Promise<MedicalRecord> {
    const record = await this.records.findOne({
      where: { id },
      relations: { patient: true, appointment: { practitioner: true } },
      withDeleted: true,
    });
    if (!record) throw new NotFoundException(`Record ${id} not found`);
    return record;
  }

  async update(id: number, dto: UpdateRecordDto, user: AuthUser): Promise<MedicalRecord> {
    const record = await this.findEditable(id, user);
    if (dto.prescriptions) this.assertPrescribable(record.patient, dto.prescriptions);
    await this.records.save(Object.assign(record, dto));
    return this.findOne(id);
  }

  async sign(id: number, user: AuthUser): Promise<MedicalRecord> {
    const record = await this.findEditable(id, user);
    record.signedAt = new Date();
    record.author = await this.users.findOne(user.id);
    return this.records.save(record);
  }

  async bookFollowUp(id: number, dto: FollowUpDto, user: AuthUser): Promise<Appointment> {
    const record = await this.findOne(id);
    const appointment = await this.appointments.book(
      {
        patientId: record.patient.id,
        practitionerId: record.appointment.practitioner.id,
        kind: AppointmentKind.FollowUp,
        startsAt: dto.startsAt,
        reason: `Follow-up: ${record.diagnosis}`,
      },
      user.id,
    );
    await this.notifications.cancelPending(record.author.id, NotificationKind.FollowUpDue);
    return appointment;
  }

  assertPrescribable(patient: Patient, prescriptions: PrescriptionDto[]): void {
    const allergies = patient.allergies.map((allergy) => allergy.toLowerCase());
    const errors = prescriptions.flatMap(({ drug }, index) =>
      allergies.includes(drug.toLowerCase())
        ? [{ field: `prescriptions.${index}.drug`, message: `${patient.fullName} is allergic to ${drug}` }]
        : [],
    );
    if (errors.length > 0) throw new UnprocessableEntityException({ message: 'Validation failed', errors });
  }

  private async findEditable(id: number, user: AuthUser): Promise<MedicalRecord> {
    const record = await this.findOne(id);
    if (user.role !== UserRole.Admin && record.author.id !== user.id) {
      throw new ForbiddenException('Only the author can change a record');
    }
    if (record.signed) throw new ConflictException(`Record ${id} is signed`);
    return record;
  }
}
