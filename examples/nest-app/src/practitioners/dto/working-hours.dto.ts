import { IsInt, Matches, Max, Min } from 'class-validator';

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

export class WorkingHoursDto {
  @IsInt()
  @Min(0)
  @Max(6)
  weekday: number;

  @Matches(TIME)
  opensAt: string;

  @Matches(TIME)
  closesAt: string;
}
