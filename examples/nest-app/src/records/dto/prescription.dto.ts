import { IsInt, IsString, Length, Max, Min } from 'class-validator';

export class PrescriptionDto {
  @IsString()
  @Length(2, 120)
  drug: string;

  @IsString()
  @Length(1, 120)
  dosage: string;

  @IsInt()
  @Min(1)
  @Max(365)
  days: number;
}
