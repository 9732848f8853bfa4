import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Appointment } from '../appointments/entities/appointment.entity';
import { UsersModule } from '../users/users.module';
import { Practitioner } from './entities/practitioner.entity';
import { WorkingHours } from './entities/working-hours.entity';
import { PractitionersController } from './practitioners.controller';
import { PractitionersService } from './practitioners.service';

@Module({
  imports: [TypeOrmModule.forFeature([Practitioner, WorkingHours, Appointment]), UsersModule],
  controllers: [PractitionersController],
  providers: [PractitionersService],
  exports: [PractitionersService],
})
export class PractitionersModule {}
