import { OmitType, PartialType } from '@nestjs/mapped-types';
import { IsInt, Min } from 'class-validator';
import { BookAppointmentDto } from './book-appointment.dto';

export class UpdateAppointmentDto extends PartialType(OmitType(BookAppointmentDto, ['patientId'] as const)) {
  @IsInt()
  @Min(1)
  version: number;
}
