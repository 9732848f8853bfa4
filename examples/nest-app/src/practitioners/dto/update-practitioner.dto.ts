import { OmitType, PartialType } from '@nestjs/mapped-types';
import { CreatePractitionerDto } from './create-practitioner.dto';

export class UpdatePractitionerDto extends PartialType(
  OmitType(CreatePractitionerDto, ['userId'] as const),
) {}
