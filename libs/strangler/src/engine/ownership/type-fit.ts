/*
 * Whether a column of one type holds every value of a column of another type: what its text is read into there, and read back, is the same
 * value. Types are written as `format_type` of PostgreSQL writes them. Pure.
 */

/** A type in its parts: `numeric(10,2)[]` is the name `numeric`, the numbers 10 and 2, and one dimension more. */
interface SqlType {
  readonly name: string;
  /** Length, or precision and scale; empty: without limit, or that of the type. */
  readonly limits: readonly number[];
  readonly array: boolean;
}

type Rule = (to: SqlType, from: SqlType) => boolean;

/** Digits of the whole numbers that there are. */
const digits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };
const integers = Object.keys(digits);
/** Of moments and spans: digits behind the second that they have without a limit. */
const mostOfASecond = 6;
const timed = /^(?:timestamp|time|interval)\b/;

const rules: Readonly<Record<string, Rule>> = {
  // Every value has a text.
  text: () => true,
  'character varying': (to, from) => {
    const length = from.limits[0];
    if (from.name !== 'character varying' && from.name !== 'character') return to.limits.length === 0;
    return to.limits.length === 0 || (length !== undefined && length <= to.limits[0]!);
  },
  integer: isAmong('smallint'),
  bigint: isAmong('smallint', 'integer'),
  numeric: (to, from) => {
    const [precision, scale = 0] = to.limits;
    if (!integers.includes(from.name) && from.name !== 'numeric') return false;
    if (precision === undefined) return true;
    const [all, behind = 0] = integers.includes(from.name) ? [digits[from.name]] : from.limits;
    return all !== undefined && all - behind <= precision - scale && behind <= scale;
  },
  real: isAmong('smallint'),
  'double precision': isAmong('smallint', 'integer', 'real'),
  'bit varying': (to, from) =>
    (from.name === 'bit varying' || from.name === 'bit') &&
    (to.limits.length === 0 || (from.limits[0] !== undefined && from.limits[0] <= to.limits[0]!)),
  json: isAmong('jsonb'),
};

/**
 * @example holds('numeric(12,4)', 'numeric(10,4)') // true
 * @example holds('numeric(10,1)', 'numeric(10,4)') // false: 1.2345 would be rounded
 */
export function holds(to: string, from: string): boolean {
  const [target, source] = [parse(to), parse(from)];
  if (isSame(target, source)) return true;
  if (target.array !== source.array) return to === 'text';
  if (timed.test(target.name) && target.name === source.name)
    return (source.limits[0] ?? mostOfASecond) <= (target.limits[0] ?? mostOfASecond);
  return rules[target.name]?.(target, source) ?? false;
}

/** The same type, in whatever schema it lies. */
export const isSameType = (one: string, other: string): boolean => isSame(parse(one), parse(other));

const isSame = (one: SqlType, other: SqlType): boolean =>
  one.name === other.name && one.array === other.array && String(one.limits) === String(other.limits);

function isAmong(...names: string[]): Rule {
  return (_to, from) => names.includes(from.name);
}

/** Where a type of somebody's own lies: two servers may have it in another schema of the search path. */
const schema = /^(?:"(?:[^"]|"")*"|\w+)\./;

function parse(type: string): SqlType {
  const array = type.endsWith('[]');
  const element = (array ? type.slice(0, -2) : type).replace(schema, '');
  const [limited, numbers] = /\(([-\d,]+)\)/.exec(element) ?? [];
  if (limited === undefined || numbers === undefined) return { name: element, limits: [], array };
  return { name: element.replace(limited, ''), limits: numbers.split(',').map(Number), array };
}
