import { forwardRef, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { NotificationsModule } from '../notifications/notifications.module';
import { Patient } from '../patients/entities/patient.entity';
import { PractitionersModule } from '../practitioners/practitioners.module';
import { RecordsModule } from '../records/records.module';
import { UsersModule } from '../users/users.module';
import { AppointmentsController } from './appointments.controller';
import { AppointmentsService } from './appointments.service';
import { Appointment } from './entities/appointment.entity';
import { NoShowTask } from './no-show.task';

@Module({
  imports: [
    TypeOrmModule.forFeature([Appointment, Patient]),
    UsersModule,
    PractitionersModule,
    NotificationsModule,
    forwardRef(() => RecordsModule),
  ],
  controllers: [AppointmentsController],
  providers: [AppointmentsService, NoShowTask],
  exports: [AppointmentsService],
})
export class AppointmentsModule {}
