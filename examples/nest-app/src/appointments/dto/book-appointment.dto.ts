import { Type } from 'class-transformer';
import { IsDate, IsEnum, IsInt, IsOptional, IsString, MaxLength } from 'class-validator';
import { AppointmentKind } from '../appointment.enums';

export class BookAppointmentDto {
  @IsInt()
  patientId: number;

  @IsInt()
  practitionerId: number;

  @IsEnum(AppointmentKind)
  kind: AppointmentKind;

  @Type(() => Date)
  @IsDate()
  startsAt: Date;

  @IsOptional()
  @IsString()
  @MaxLength(1000)
  reason?: string;
}
