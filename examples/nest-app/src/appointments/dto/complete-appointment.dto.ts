import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { PrescriptionDto } from '../../records/dto/prescription.dto';

export class CompleteAppointmentDto {
  @IsString()
  @Length(2, 200)
  diagnosis: string;

  @IsOptional()
  @IsString()
  @MaxLength(10_000)
  notes?: string;

  @IsOptional()
  @IsISO8601({ strict: true })
  @Length(10, 10)
  followUpOn?: string;

  @IsOptional()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => PrescriptionDto)
  prescriptions?: PrescriptionDto[];
}
