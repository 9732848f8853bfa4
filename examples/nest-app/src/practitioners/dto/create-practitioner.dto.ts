import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsEnum,
  IsInt,
  IsOptional,
  IsString,
  Length,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { Specialty } from '../specialty.enum';
import { WorkingHoursDto } from './working-hours.dto';

export class CreatePractitionerDto {
  @IsInt()
  userId: number;

  @IsString()
  @Length(4, 20)
  licenseNumber: string;

  @IsEnum(Specialty)
  specialty: Specialty;

  @IsOptional()
  @IsString()
  @MaxLength(20)
  room?: string;

  @IsOptional()
  @IsBoolean()
  acceptsPatients?: boolean;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => WorkingHoursDto)
  workingHours?: WorkingHoursDto[];
}
