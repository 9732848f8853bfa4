import {
  ConflictException,
  Injectable,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { InjectRepository } from '@nestjs/typeorm';
import * as bcrypt from 'bcryptjs';
import { ILike, Repository } from 'typeorm';
import type { AuthUser } from '../auth/auth-user';
import { Page, pageOptions } from '../common/dto/page.dto';
import { SessionsService } from '../sessions/sessions.service';
import { ChangePasswordDto } from './dto/change-password.dto';
import { CreateUserDto } from './dto/create-user.dto';
import { UpdateUserDto } from './dto/update-user.dto';
import { UsersQueryDto } from './dto/users-query.dto';
import { User } from './entities/user.entity';
import { UserRole } from './user-role.enum';
import { USER_DEACTIVATED, UserDeactivatedEvent } from './users.events';

const HASH_ROUNDS = 10;

@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly sessions: SessionsService,
    private readonly events: EventEmitter2,
  ) {}

  async create(dto: CreateUserDto): Promise<User> {
    await this.assertEmailIsFree(dto.email);
    const { password, ...rest } = dto;
    const passwordHash = await bcrypt.hash(password, HASH_ROUNDS);
    return this.users.save(this.users.create({ ...rest, passwordHash }));
  }

  async findAll(query: UsersQueryDto): Promise<Page<User>> {
    const filter = query.role ? { role: query.role } : {};
    const search = query.search && ILike(`%${query.search}%`);
    const [items, total] = await this.users.findAndCount({
      where: search
        ? [
            { ...filter, fullName: search },
            { ...filter, email: search },
          ]
        : filter,
      order: { fullName: 'ASC', id: 'ASC' },
      ...pageOptions(query),
    });
    return new Page(items, total, query);
  }

  async findOne(id: number): Promise<User> {
    const user = await this.users.findOneBy({ id });
    if (!user) throw new NotFoundException(`User ${id} not found`);
    return user;
  }

  findByEmail(email: string): Promise<User | null> {
    return this.users.findOneBy({ email: email.trim().toLowerCase() });
  }

  findActiveByRole(role: UserRole): Promise<User[]> {
    return this.users.find({ where: { role, active: true }, order: { id: 'ASC' } });
  }

  async findByCredentials(email: string, password: string): Promise<User | null> {
    const user = await this.findByEmail(email);
    if (!user?.active) return null;
    return (await bcrypt.compare(password, user.passwordHash)) ? user : null;
  }

  async update(id: number, dto: UpdateUserDto): Promise<User> {
    const user = await this.findOne(id);
    if (dto.email && dto.email !== user.email) await this.assertEmailIsFree(dto.email);
    return this.users.save(this.users.merge(user, dto));
  }

  async changePassword(current: AuthUser, dto: ChangePasswordDto): Promise<void> {
    const user = await this.findOne(current.id);
    if (!(await bcrypt.compare(dto.currentPassword, user.passwordHash))) {
      throw new UnprocessableEntityException({
        message: 'Validation failed',
        errors: [{ field: 'currentPassword', message: 'currentPassword is wrong' }],
      });
    }
    user.passwordHash = await bcrypt.hash(dto.newPassword, HASH_ROUNDS);
    await this.users.save(user);
    await this.sessions.revokeAll(user.id, current.sessionId);
  }

  async deactivate(id: number, current: AuthUser): Promise<User> {
    if (id === current.id) throw new ConflictException('You cannot deactivate your own account');
    const user = await this.findOne(id);
    user.active = false;
    await this.users.save(user);
    await this.events.emitAsync(USER_DEACTIVATED, new UserDeactivatedEvent(id));
    return user;
  }

  async touchLogin(id: number): Promise<void> {
    await this.users.update(id, { lastLoginAt: new Date() });
  }

  private async assertEmailIsFree(email: string): Promise<void> {
    if (await this.users.existsBy({ email })) {
      throw new ConflictException(`The e-mail address ${email} is already in use`);
    }
  }
}
