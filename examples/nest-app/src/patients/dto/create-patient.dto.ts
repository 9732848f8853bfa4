import { Transform } from 'class-transformer';
import { IsArray, IsEmail, IsInt, IsISO8601, IsOptional, IsString, Length, MaxLength } from 'class-validator';

export class CreatePatientDto {
  @IsString()
  @Length(1, 80)
  firstName: string;

  @IsString()
  @Length(1, 80)
  lastName: string;

  @IsEmail()
  @MaxLength(254)
  @Transform(({ value }) => (typeof value === 'string' ? value.trim().toLowerCase() : value))
  email: string;

  @IsOptional()
  @IsString()
  @MaxLength(30)
  phone?: string;

  @IsISO8601({ strict: true })
  @Length(10, 10)
  birthDate: string;

  @IsOptional()
  @IsString()
  @MaxLength(30)
  insuranceNumber?: string;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  allergies?: string[];

  @IsOptional()
  @IsInt()
  primaryPractitionerId?: number;
}
