import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { CreatePractitionerDto } from '../../practitioners/dto/create-practitioner.dto';
import { toFieldErrors } from './field-errors';

describe('toFieldErrors', () => {
  it('names nested fields by their path', () => {
    const dto = plainToInstance(CreatePractitionerDto, {
      userId: 1,
      licenseNumber: 'L-1000',
      specialty: 'general',
      workingHours: [
        { weekday: 1, opensAt: '08:00', closesAt: '12:00' },
        { weekday: 9, opensAt: '08:00', closesAt: '12:00' },
      ],
    });
    expect(toFieldErrors(validateSync(dto))).toEqual([
      { field: 'workingHours.1.weekday', message: 'weekday must not be greater than 6' },
    ]);
  });
});
