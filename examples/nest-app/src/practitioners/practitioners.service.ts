import {
  ConflictException,
  Injectable,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Between, In, Repository } from 'typeorm';
import { ACTIVE_STATUSES, APPOINTMENT_MINUTES } from '../appointments/appointment.enums';
import { Appointment } from '../appointments/entities/appointment.entity';
import { Page, pageOptions } from '../common/dto/page.dto';
import { addDays, startOfDay } from '../common/utils/dates';
import { UserRole } from '../users/user-role.enum';
import { UsersService } from '../users/users.service';
import { CreatePractitionerDto } from './dto/create-practitioner.dto';
import { PractitionersQueryDto } from './dto/practitioners-query.dto';
import { SlotDto } from './dto/slot.dto';
import { SlotsQueryDto } from './dto/slots-query.dto';
import { UpdatePractitionerDto } from './dto/update-practitioner.dto';
import { WorkingHoursDto } from './dto/working-hours.dto';
import { Practitioner } from './entities/practitioner.entity';
import { freeSlots } from './slots';

@Injectable()
export class PractitionersService {
  constructor(
    @InjectRepository(Practitioner) private readonly practitioners: Repository<Practitioner>,
    @InjectRepository(Appointment) private readonly appointments: Repository<Appointment>,
    private readonly users: UsersService,
  ) {}

  async create(dto: CreatePractitionerDto): Promise<Practitioner> {
    const { userId, ...rest } = dto;
    const user = await this.users.findOne(userId);
    if (user.role !== UserRole.Practitioner) {
      throw new UnprocessableEntityException({
        message: 'Validation failed',
        errors: [{ field: 'userId', message: `User ${userId} is not a practitioner` }],
      });
    }
    if (await this.practitioners.existsBy({ user: { id: userId } })) {
      throw new ConflictException(`User ${userId} already has a practitioner profile`);
    }
    await this.assertLicenseIsFree(rest.licenseNumber);
    this.assertHours(rest.workingHours);
    return this.practitioners.save(this.practitioners.create({ workingHours: [], ...rest, user }));
  }

  async findAll(query: PractitionersQueryDto): Promise<Page<Practitioner>> {
    const [items, total] = await this.practitioners.findAndCount({
      where: query.specialty ? { specialty: query.specialty } : {},
      order: { id: 'ASC' },
      ...pageOptions(query),
    });
    return new Page(items, total, query);
  }

  async findOne(id: number): Promise<Practitioner> {
    const practitioner = await this.practitioners.findOneBy({ id });
    if (!practitioner) throw new NotFoundException(`Practitioner ${id} not found`);
    return practitioner;
  }

  findByUserId(userId: number): Promise<Practitioner | null> {
    return this.practitioners.findOneBy({ user: { id: userId } });
  }

  async update(id: number, dto: UpdatePractitionerDto): Promise<Practitioner> {
    const practitioner = await this.findOne(id);
    if (dto.licenseNumber && dto.licenseNumber !== practitioner.licenseNumber) {
      await this.assertLicenseIsFree(dto.licenseNumber);
    }
    this.assertHours(dto.workingHours);
    await this.practitioners.save(Object.assign(practitioner, dto));
    return this.findOne(id);
  }

  async slots(id: number, query: SlotsQueryDto): Promise<SlotDto[]> {
    const practitioner = await this.findOne(id);
    const day = startOfDay(query.day);
    const taken = await this.appointments.find({
      where: {
        practitioner: { id },
        status: In(ACTIVE_STATUSES),
        startsAt: Between(day, addDays(day, 1)),
      },
      loadEagerRelations: false,
    });
    return freeSlots(day, practitioner.workingHours, APPOINTMENT_MINUTES[query.kind], taken);
  }

  private async assertLicenseIsFree(licenseNumber: string): Promise<void> {
    if (await this.practitioners.existsBy({ licenseNumber })) {
      throw new ConflictException(`License number ${licenseNumber} is already registered`);
    }
  }

  private assertHours(hours: WorkingHoursDto[] = []): void {
    const errors = hours.flatMap(({ opensAt, closesAt }, index) =>
      opensAt < closesAt
        ? []
        : [{ field: `workingHours.${index}.closesAt`, message: 'closesAt must be after opensAt' }],
    );
    if (errors.length > 0) throw new UnprocessableEntityException({ message: 'Validation failed', errors });
  }
}
