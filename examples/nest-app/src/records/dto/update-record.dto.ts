import { PartialType } from '@nestjs/mapped-types';
import { CompleteAppointmentDto } from '../../appointments/dto/complete-appointment.dto';

export class UpdateRecordDto extends PartialType(CompleteAppointmentDto) {}
