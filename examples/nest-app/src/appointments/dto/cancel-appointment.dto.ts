import { IsString, Length } from 'class-validator';

export class CancelAppointmentDto {
  @IsString()
  @Length(3, 500)
  reason: string;
}
