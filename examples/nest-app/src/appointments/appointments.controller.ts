import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user';
import { CurrentUser } from '../auth/decorators/current-user.decorator';
import { Roles } from '../auth/decorators/roles.decorator';
import { UserRole } from '../users/user-role.enum';
import { AppointmentsService } from './appointments.service';
import { AppointmentsQueryDto } from './dto/appointments-query.dto';
import { BookAppointmentDto } from './dto/book-appointment.dto';
import { CancelAppointmentDto } from './dto/cancel-appointment.dto';
import { CompleteAppointmentDto } from './dto/complete-appointment.dto';
import { UpdateAppointmentDto } from './dto/update-appointment.dto';
import { WorkloadQueryDto } from './dto/workload.dto';

@Controller('appointments')
export class AppointmentsController {
  constructor(private readonly appointments: AppointmentsService) {}

  @Post()
  book(@Body() dto: BookAppointmentDto, @CurrentUser() user: AuthUser) {
    return this.appointments.book(dto, user.id);
  }

  @Get()
  findAll(@Query() query: AppointmentsQueryDto) {
    return this.appointments.findAll(query);
  }

  @Get('workload')
  @Roles(UserRole.Admin)
  workload(@Query() query: WorkloadQueryDto) {
    return this.appointments.workload(query);
  }

  @Get(':id')
  findOne(@Param('id', ParseIntPipe) id: number) {
    return this.appointments.findOne(id);
  }

  @Patch(':id')
  update(@Param('id', ParseIntPipe) id: number, @Body() dto: UpdateAppointmentDto) {
    return this.appointments.update(id, dto);
  }

  @Post(':id/check-in')
  @HttpCode(HttpStatus.OK)
  checkIn(@Param('id', ParseIntPipe) id: number) {
    return this.appointments.checkIn(id);
  }

  @Post(':id/cancel')
  @HttpCode(HttpStatus.OK)
  cancel(@Param('id', ParseIntPipe) id: number, @Body() dto: CancelAppointmentDto) {
    return this.appointments.cancel(id, dto);
  }

  @Post(':id/complete')
  @Roles(UserRole.Admin, UserRole.Practitioner)
  complete(
    @Param('id', ParseIntPipe) id: number,
    @Body() dto: CompleteAppointmentDto,
    @CurrentUser() user: AuthUser,
  ) {
    return this.appointments.complete(id, dto, user);
  }
}
