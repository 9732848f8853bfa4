import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsEmail,
  IsInt,
  IsISO4217CurrencyCode,
  IsObject,
  IsOptional,
  IsUUID,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { applyDecorators } from './apply-decorators.js';
import type { Dto } from './dto.js';

// Of the whole process: the command line, an ES module, reads contracts of an application that is compiled to CommonJS.
const canonicalKey = Symbol.for('nestjs-strangler:canonical');
const nestedKey = Symbol.for('nestjs-strangler:nested');
const secretKey = Symbol.for('nestjs-strangler:secret');
const maskedKey = Symbol.for('nestjs-strangler:masked');

/**
 * Brings a string field to its one canonical spelling before it is validated, hashed or used as a key.
 *
 * @example
 * ```ts
 * class Product {
 *   @Canonical((text) => text.trim().toUpperCase()) @Length(1, 20) sku: string;
 * }
 * ```
 */
export const Canonical =
  (spell: (text: string) => string): PropertyDecorator =>
  (target, property) =>
    Reflect.defineMetadata(canonicalKey, spell, target, property);

/**
 * The canonical spelling of a field, if it has one.
 *
 * @internal
 */
export const canonicalOf = (dto: Dto<unknown>, property: string): ((text: string) => string) | undefined =>
  Reflect.getMetadata(canonicalKey, dto.prototype as object, property) as
    ((text: string) => string) | undefined;

/**
 * A field that is never stored, not even as part of a hash of the input: a password could be guessed from it.
 *
 * @example
 * ```ts
 * class LogIn {
 *   @Email() email: string;
 *   @Secret() @Length(8, 200) password: string;
 * }
 * ```
 */
export const Secret = (): PropertyDecorator => (target, property) =>
  Reflect.defineMetadata(secretKey, true, target, property);

/**
 * Whether a field is a secret.
 *
 * @internal
 */
export const isSecret = (dto: Dto<unknown>, property: string): boolean =>
  Reflect.hasMetadata(secretKey, dto.prototype as object, property);

/**
 * A field that is stored where it is needed, and masked in whatever is kept for people to look at: what tells of a person, or what stands for
 * money. A secret is masked, too.
 *
 * @example
 * ```ts
 * class Address {
 *   @Masked() @Length(1, 200) street: string;
 * }
 * ```
 */
export const Masked = (): PropertyDecorator => (target, property) =>
  Reflect.defineMetadata(maskedKey, true, target, property);

/**
 * Whether people who look at samples may not see a field.
 *
 * @internal
 */
export const isMasked = (dto: Dto<unknown>, property: string): boolean =>
  isSecret(dto, property) || Reflect.hasMetadata(maskedKey, dto.prototype as object, property);

const RememberNested =
  (type: () => Dto<unknown>): PropertyDecorator =>
  (target, property) =>
    Reflect.defineMetadata(nestedKey, type, target, property);

/**
 * The DTO class inside a field made by {@link Nested} or {@link List}.
 *
 * @internal
 */
export const nestedOf = (dto: Dto<unknown>, property: string): Dto<unknown> | undefined =>
  (Reflect.getMetadata(nestedKey, dto.prototype as object, property) as (() => Dto<unknown>) | undefined)?.();

// IsObject below: to class-validator alone a list of DTOs, at any depth, is as good as one.

/**
 * A DTO inside a DTO.
 *
 * @example
 * ```ts
 * class Price {
 *   @Amount() amount: number;
 *   @Currency() currency: string;
 * }
 * class Product {
 *   @Nested(() => Price) price: Price;
 * }
 * ```
 */
export const Nested = (type: () => Dto<unknown>): PropertyDecorator =>
  applyDecorators(RememberNested(type), IsObject(), ValidateNested(), Type(type));

/**
 * A list of DTOs, `min` to `max` long.
 *
 * @example
 * ```ts
 * class Line {
 *   @Length(1, 20) sku: string;
 * }
 * class Basket {
 *   @List(() => Line, { min: 1, max: 50 }) lines: Line[];
 * }
 * ```
 */
export const List = (type: () => Dto<unknown>, { min = 0, max = 1_000 } = {}): PropertyDecorator =>
  applyDecorators(
    RememberNested(type),
    IsArray(),
    ArrayMinSize(min),
    ArrayMaxSize(max),
    IsObject({ each: true }),
    ValidateNested({ each: true }),
    Type(type),
  );

/**
 * A UUID, lower case.
 *
 * @example
 * ```ts
 * class ByUser {
 *   @Id() userId: string;
 * }
 * ```
 */
export const Id = (): PropertyDecorator =>
  applyDecorators(
    Canonical((text) => text.trim().toLowerCase()),
    IsUUID(),
  );

/**
 * An e-mail address; unique without regard to case, so lower case.
 *
 * @example
 * ```ts
 * class Invitation {
 *   @Email() email: string; // "Ann@Example.org " arrives as "ann@example.org"
 * }
 * ```
 */
export const Email = (): PropertyDecorator =>
  applyDecorators(
    Masked(),
    Canonical((text) => text.trim().toLowerCase()),
    // Checked first: what is too long is not looked at.
    MaxLength(254),
    IsEmail(),
  );

/**
 * An integer within PostgreSQL's `integer`, at least `min`.
 *
 * @example
 * ```ts
 * class Line {
 *   @Count(1) quantity: number;
 * }
 * ```
 */
export const Count = (min = 0): PropertyDecorator => applyDecorators(IsInt(), Min(min), Max(2_147_483_647));

/**
 * An integer that stays exact in JavaScript (minor units of money).
 *
 * @example
 * ```ts
 * class Price {
 *   @Amount() amount: number; // 1999 is 19.99 of a currency with cents
 * }
 * ```
 */
export const Amount = (): PropertyDecorator => applyDecorators(IsInt(), Min(0), Max(Number.MAX_SAFE_INTEGER));

/**
 * A currency (ISO 4217), upper case.
 *
 * @example
 * ```ts
 * class Price {
 *   @Currency() currency: string; // "eur" arrives as "EUR"
 * }
 * ```
 */
export const Currency = (): PropertyDecorator =>
  applyDecorators(
    Canonical((text) => text.trim().toUpperCase()),
    IsISO4217CurrencyCode({ message: '$property must be a currency of ISO 4217' }),
  );

/**
 * May be absent or null.
 *
 * @example
 * ```ts
 * class Page {
 *   @Maybe() @Count() offset?: number;
 * }
 * ```
 */
export const Maybe = IsOptional;
