import type { Dto } from './dto.js';
import {
  ARRAY_MAX_SIZE,
  ARRAY_MIN_SIZE,
  arrayMaxSize,
  arrayMinSize,
  getMetadataStorage,
  IS_ARRAY,
  IS_INT,
  IS_ISO4217_CURRENCY_CODE,
  IS_LENGTH,
  IS_OBJECT,
  IS_STRING,
  IS_UUID,
  isArray,
  isInt,
  isISO4217CurrencyCode,
  isObject,
  isString,
  isUUID,
  length,
  MATCHES,
  MAX,
  max,
  MIN,
  min,
  type ValidationArguments,
} from 'class-validator';

/** An object, by field. */
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a rule holds for the value of a field of `owner`. */
export type ValueCheck = (value: unknown, owner: Fields) => boolean;

/** A rule of class-validator: a decorator on a field. */
export type ValueRule = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

/** The rules of a DTO class and of those that it extends. */
export const rulesOf = (dto: Dto<unknown>): ValueRule[] =>
  getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);

/** A conditional rule: whether the field's other rules apply. */
export function conditionOf({ constraints }: ValueRule): ValueCheck {
  const holds = constraints[0] as (owner: Fields, value: unknown) => boolean;
  return (value, owner) => holds(owner, value);
}

/** What has to hold for a field, made ready to be asked at every call. */
export function checksOf(dto: Dto<unknown>, rule: ValueRule): ValueCheck[] {
  const judge = judges[rule.name ?? '']?.(...((rule.constraints ?? []) as never[]));
  const checks = judge ? [judge] : askedChecksOf(dto, rule);
  return rule.each ? checks.map(forEach) : checks;
}

// Like class-validator, a rule for `each` judges what is no list as it judges an item: lists say `IsArray` too.
const forEach =
  (holds: ValueCheck): ValueCheck =>
  (value, owner) =>
    Array.isArray(value) ? value.every((item) => holds(item, owner)) : holds(value, owner);

/**
 * The rules that contracts are made of, as class-validator's own functions. To call these through its rule objects takes
 * longer than most of them do: there, every rule is an object and two functions of its own, and nothing can be inlined.
 */
const judges: Readonly<Record<string, (...constraints: never[]) => (value: unknown) => boolean>> = {
  [ARRAY_MAX_SIZE]: (most: number) => (value) => arrayMaxSize(value, most),
  [ARRAY_MIN_SIZE]: (least: number) => (value) => arrayMinSize(value, least),
  [IS_ARRAY]: () => isArray,
  [IS_INT]: () => isInt,
  [IS_ISO4217_CURRENCY_CODE]: () => isISO4217CurrencyCode,
  [IS_LENGTH]: (least: number, most: number) => (value) => length(value, least, most),
  [IS_OBJECT]: () => isObject,
  [IS_STRING]: () => isString,
  [IS_UUID]: (version: Parameters<typeof isUUID>[1]) => (value) => isUUID(value, version),
  [MATCHES]: (pattern: RegExp, flags?: string) => {
    const own = new RegExp(pattern, flags);
    // Unlike class-validator's `match` it makes no list of what was found.
    return (value) => typeof value === 'string' && value.search(own) >= 0;
  },
  [MAX]: (most: number) => (value) => max(value, most),
  [MIN]: (least: number) => (value) => min(value, least),
};

/** Any other rule is asked as class-validator asks it. */
function askedChecksOf(dto: Dto<unknown>, rule: ValueRule): ValueCheck[] {
  return getMetadataStorage()
    .getTargetValidatorConstraints(rule.constraintCls)
    .map(({ instance }) => {
      // One object for all calls (they are synchronous): making one a call was nine tenths of the cost.
      const call = {
        targetName: dto.name,
        property: rule.propertyName,
        constraints: rule.constraints as unknown[],
      };
      const args: ValidationArguments = { ...call, value: undefined, object: {} };
      return (value, owner) => {
        args.value = value;
        args.object = owner;
        return instance.validate(value, args) === true;
      };
    });
}
