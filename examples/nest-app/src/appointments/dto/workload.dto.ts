import { Type } from 'class-transformer';
import { IsDate } from 'class-validator';

export class WorkloadQueryDto {
  @Type(() => Date)
  @IsDate()
  from: Date;

  @Type(() => Date)
  @IsDate()
  to: Date;
}

export class WorkloadDto {
  practitionerId: number;
  fullName: string;
  appointments: number;
  completed: number;
  missed: number;
  prescriptions: number;
}
