import { IsEnum, IsOptional } from 'class-validator';
import { PageQueryDto } from '../../common/dto/page-query.dto';
import { Specialty } from '../specialty.enum';

export class PractitionersQueryDto extends PageQueryDto {
  @IsOptional()
  @IsEnum(Specialty)
  specialty?: Specialty;
}
