import {
  ConflictException,
  ForbiddenException,
  forwardRef,
  Inject,
  Injectable,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';
import { InjectRepository } from '@nestjs/typeorm';
import {
  Between,
  DataSource,
  In,
  LessThan,
  LessThanOrEqual,
  MoreThan,
  MoreThanOrEqual,
  Not,
  OptimisticLockVersionMismatchError,
  Repository,
} from 'typeorm';
import type { AuthUser } from '../auth/auth-user';
import { Page, pageOptions } from '../common/dto/page.dto';
import { addMinutes } from '../common/utils/dates';
import { FieldError } from '../common/utils/field-errors';
import { NotificationKind } from '../notifications/notification-kind.enum';
import { NotificationsService } from '../notifications/notifications.service';
import { Patient } from '../patients/entities/patient.entity';
import { PATIENT_ARCHIVED, PatientArchivedEvent } from '../patients/patients.events';
import { Practitioner } from '../practitioners/entities/practitioner.entity';
import { PractitionersService } from '../practitioners/practitioners.service';
import { isWithinHours } from '../practitioners/slots';
import { MedicalRecord } from '../records/entities/medical-record.entity';
import { RecordsService } from '../records/records.service';
import { UserRole } from '../users/user-role.enum';
import { UsersService } from '../users/users.service';
import { ACTIVE_STATUSES, APPOINTMENT_MINUTES, AppointmentStatus } from './appointment.enums';
import { APPOINTMENT_COMPLETED, AppointmentCompletedEvent } from './appointments.events';
import { AppointmentsQueryDto } from './dto/appointments-query.dto';
import { BookAppointmentDto } from './dto/book-appointment.dto';
import { CancelAppointmentDto } from './dto/cancel-appointment.dto';
import { CompleteAppointmentDto } from './dto/complete-appointment.dto';
import { UpdateAppointmentDto } from './dto/update-appointment.dto';
import { WorkloadDto, WorkloadQueryDto } from './dto/workload.dto';
import { Appointment } from './entities/appointment.entity';

@Injectable()
export class AppointmentsService {
  constructor(
    @InjectRepository(Appointment) private readonly appointments: Repository<Appointment>,
    @InjectRepository(Patient) private readonly patients: Repository<Patient>,
    private readonly practitioners: PractitionersService,
    private readonly users: UsersService,
    @Inject(forwardRef(() => RecordsService)) private readonly records: RecordsService,
    private readonly notifications: NotificationsService,
    private readonly dataSource: DataSource,
    private readonly events: EventEmitter2,
  ) {}

  async book(dto: BookAppointmentDto, userId: number): Promise<Appointment> {
    const patient = await this.patients.findOneBy({ id: dto.patientId });
    if (!patient) throw new NotFoundException(`Patient ${dto.patientId} not found`);
    const practitioner = await this.practitioners.findOne(dto.practitionerId);
    const endsAt = addMinutes(dto.startsAt, APPOINTMENT_MINUTES[dto.kind]);
    this.assertBookable(practitioner, dto.startsAt, endsAt);
    await this.assertFree(practitioner, patient, dto.startsAt, endsAt);

    const appointment = await this.appointments.save(
      this.appointments.create({
        patient,
        practitioner,
        bookedBy: await this.users.findOne(userId),
        kind: dto.kind,
        startsAt: dto.startsAt,
        endsAt,
        reason: dto.reason ?? null,
      }),
    );
    await this.notifications.notify(
      practitioner.user.id,
      NotificationKind.AppointmentBooked,
      `${patient.fullName} on ${dto.startsAt.toISOString()}`,
      { appointmentId: appointment.id, patientId: patient.id },
    );
    return this.findOne(appointment.id);
  }

  async findAll(query: AppointmentsQueryDto): Promise<Page<Appointment>> {
    const [items, total] = await this.appointments.findAndCount({
      where: {
        ...(query.practitionerId && { practitioner: { id: query.practitionerId } }),
        ...(query.patientId && { patient: { id: query.patientId } }),
        ...(query.status && { status: query.status }),
        ...this.period(query.from, query.to),
      },
      order: { startsAt: 'ASC', id: 'ASC' },
      withDeleted: true,
      ...pageOptions(query),
    });
    return new Page(items, total, query);
  }

  async findOne(id: number): Promise<Appointment> {
    const appointment = await this.appointments.findOne({
      where: { id },
      relations: { bookedBy: true },
      withDeleted: true,
    });
    if (!appointment) throw new NotFoundException(`Appointment ${id} not found`);
    return appointment;
  }

  async update(id: number, dto: UpdateAppointmentDto): Promise<Appointment> {
    const appointment = await this.findVersion(id, dto.version);
    this.assertStatus(appointment, AppointmentStatus.Scheduled);
    if (dto.practitionerId) appointment.practitioner = await this.practitioners.findOne(dto.practitionerId);
    appointment.kind = dto.kind ?? appointment.kind;
    appointment.reason = dto.reason ?? appointment.reason;
    appointment.startsAt = dto.startsAt ?? appointment.startsAt;
    appointment.endsAt = addMinutes(appointment.startsAt, APPOINTMENT_MINUTES[appointment.kind]);
    this.assertBookable(appointment.practitioner, appointment.startsAt, appointment.endsAt);
    await this.assertFree(
      appointment.practitioner,
      appointment.patient,
      appointment.startsAt,
      appointment.endsAt,
      id,
    );
    return this.appointments.save(appointment);
  }

  async checkIn(id: number): Promise<Appointment> {
    const appointment = await this.findOne(id);
    this.assertStatus(appointment, AppointmentStatus.Scheduled);
    appointment.status = AppointmentStatus.CheckedIn;
    return this.appointments.save(appointment);
  }

  async cancel(id: number, dto: CancelAppointmentDto): Promise<Appointment> {
    const appointment = await this.findOne(id);
    this.assertStatus(appointment, ...ACTIVE_STATUSES);
    appointment.status = AppointmentStatus.Cancelled;
    appointment.cancellationReason = dto.reason;
    await this.appointments.save(appointment);
    await this.notifications.notify(
      appointment.practitioner.user.id,
      NotificationKind.AppointmentCancelled,
      `${appointment.patient.fullName} on ${appointment.startsAt.toISOString()}`,
      { appointmentId: id, reason: dto.reason },
    );
    return appointment;
  }

  async complete(id: number, dto: CompleteAppointmentDto, user: AuthUser): Promise<MedicalRecord> {
    const appointment = await this.findOne(id);
    if (user.role !== UserRole.Admin && appointment.practitioner.user.id !== user.id) {
      throw new ForbiddenException('Only the practitioner of the appointment can complete it');
    }
    this.assertStatus(appointment, AppointmentStatus.CheckedIn);
    const { prescriptions = [], ...rest } = dto;
    this.records.assertPrescribable(appointment.patient, prescriptions);
    const author = await this.users.findOne(user.id);

    const record = await this.dataSource.transaction(async (manager) => {
      appointment.status = AppointmentStatus.Completed;
      await manager.save(appointment);
      return manager.save(
        manager.create(MedicalRecord, {
          ...rest,
          appointment,
          patient: appointment.patient,
          author,
          prescriptions,
        }),
      );
    });

    this.events.emit(
      APPOINTMENT_COMPLETED,
      new AppointmentCompletedEvent(id, appointment.patient.id, new Date()),
    );
    if (dto.followUpOn) {
      await this.notifications.notify(
        author.id,
        NotificationKind.FollowUpDue,
        `Follow-up of ${appointment.patient.fullName} is due`,
        { recordId: record.id, patientId: appointment.patient.id },
        new Date(dto.followUpOn),
      );
    }
    return this.records.findOne(record.id);
  }

  async markNoShows(before: Date): Promise<number> {
    const missed = await this.appointments.findBy({
      status: AppointmentStatus.Scheduled,
      endsAt: LessThan(before),
    });
    for (const appointment of missed) {
      appointment.status = AppointmentStatus.NoShow;
      await this.appointments.save(appointment);
      await this.notifications.notify(
        appointment.practitioner.user.id,
        NotificationKind.AppointmentMissed,
        `${appointment.patient.fullName} did not come`,
        { appointmentId: appointment.id },
      );
    }
    return missed.length;
  }

  workload(query: WorkloadQueryDto): Promise<WorkloadDto[]> {
    return this.dataSource.query(
      `SELECT p.id AS "practitionerId",
              u.full_name AS "fullName",
              count(DISTINCT a.id)::int AS "appointments",
              count(DISTINCT a.id) FILTER (WHERE a.status = 'completed')::int AS "completed",
              count(DISTINCT a.id) FILTER (WHERE a.status = 'no_show')::int AS "missed",
              count(rx.id)::int AS "prescriptions"
         FROM practitioners p
         JOIN users u ON u.id = p.user_id
         LEFT JOIN appointments a ON a.practitioner_id = p.id AND a.starts_at >= $1 AND a.starts_at < $2
         LEFT JOIN medical_records r ON r.appointment_id = a.id
         LEFT JOIN prescriptions rx ON rx.record_id = r.id
        GROUP BY p.id, u.full_name
        ORDER BY u.full_name, p.id`,
      [query.from, query.to],
    );
  }

  @OnEvent(PATIENT_ARCHIVED)
  async onPatientArchived(event: PatientArchivedEvent): Promise<void> {
    await this.appointments
      .createQueryBuilder()
      .update()
      .set({ status: AppointmentStatus.Cancelled, cancellationReason: 'Patient archived' })
      .where('patient_id = :patientId', { patientId: event.patientId })
      .andWhere('status IN (:...statuses)', { statuses: ACTIVE_STATUSES })
      .execute();
  }

  private async findVersion(id: number, version: number): Promise<Appointment> {
    try {
      const appointment = await this.appointments.findOne({
        where: { id },
        lock: { mode: 'optimistic', version },
      });
      if (!appointment) throw new NotFoundException(`Appointment ${id} not found`);
      return appointment;
    } catch (error) {
      if (error instanceof OptimisticLockVersionMismatchError) {
        throw new ConflictException(`Appointment ${id} was changed by someone else`);
      }
      throw error;
    }
  }

  private assertStatus(appointment: Appointment, ...allowed: AppointmentStatus[]): void {
    if (!allowed.includes(appointment.status)) {
      throw new ConflictException(`Appointment ${appointment.id} is ${appointment.status}`);
    }
  }

  private assertBookable(practitioner: Practitioner, startsAt: Date, endsAt: Date): void {
    const errors: FieldError[] = [];
    if (startsAt <= new Date()) errors.push({ field: 'startsAt', message: 'startsAt must be in the future' });
    if (!isWithinHours({ startsAt, endsAt }, practitioner.workingHours)) {
      errors.push({
        field: 'startsAt',
        message: 'startsAt is outside the working hours of the practitioner',
      });
    }
    if (errors.length > 0) throw new UnprocessableEntityException({ message: 'Validation failed', errors });
  }

  private async assertFree(
    practitioner: Practitioner,
    patient: Patient,
    startsAt: Date,
    endsAt: Date,
    exceptId = 0,
  ): Promise<void> {
    const clash = {
      id: Not(exceptId),
      status: In(ACTIVE_STATUSES),
      startsAt: LessThan(endsAt),
      endsAt: MoreThan(startsAt),
    };
    if (await this.appointments.existsBy({ ...clash, practitioner: { id: practitioner.id } })) {
      throw new ConflictException('The practitioner has another appointment at this time');
    }
    if (await this.appointments.existsBy({ ...clash, patient: { id: patient.id } })) {
      throw new ConflictException('The patient has another appointment at this time');
    }
  }

  private period(from?: Date, to?: Date) {
    if (from && to) return { startsAt: Between(from, to) };
    if (from) return { startsAt: MoreThanOrEqual(from) };
    if (to) return { startsAt: LessThanOrEqual(to) };
    return {};
  }
}
