import { Type } from 'class-transformer';
import { IsDate, IsEnum } from 'class-validator';
import { AppointmentKind } from '../../appointments/appointment.enums';

export class SlotsQueryDto {
  @Type(() => Date)
  @IsDate()
  day: Date;

  @IsEnum(AppointmentKind)
  kind: AppointmentKind;
}
