import { ValidationError } from 'class-validator';

export interface FieldError {
  field: string;
  message: string;
}

export function toFieldErrors(errors: ValidationError[], prefix = ''): FieldError[] {
  return errors.flatMap((error) => [
    ...Object.values(error.constraints ?? {}).map((message) => ({ field: prefix + error.property, message })),
    ...toFieldErrors(error.children ?? [], `${prefix}${error.property}.`),
  ]);
}
