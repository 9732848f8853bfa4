import { Matches } from 'class-validator';
import { applyDecorators } from './apply-decorators.js';
import { Canonical } from './fields.js';

/** A field with one canonical spelling: letters, digits and dashes, upper case. */
export const Word = (): PropertyDecorator =>
  applyDecorators(
    Canonical((text) => text.trim().toUpperCase()),
    Matches(/^[A-Z0-9-]{1,32}$/, { message: '$property must be 1 to 32 letters, digits or dashes' }),
  );
