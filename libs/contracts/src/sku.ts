import { Canonical, applyDecorators } from 'nestjs-strangler/contract';
import { Matches } from 'class-validator';

/** A stock keeping unit: letters, digits and dashes, upper case. */
export const Sku = (): PropertyDecorator =>
  applyDecorators(
    Canonical((text) => text.trim().toUpperCase()),
    Matches(/^[A-Z0-9-]{1,32}$/, { message: '$property must be 1 to 32 letters, digits or dashes' }),
  );
