import * as published from '#contracts';
import { nestedOf, Schema, ValidationError, type Contract, type Dto } from 'nestjs-strangler/contract';
import { canonicalOf } from '#strangler/contract/fields';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import fc from 'fast-check';

/*
 * What would go wrong: Schema decides by itself, for speed, what class-validator would accept. Where the two disagree, a
 * field that no contract knows gets in, or good input is refused. So both judge the same values: good ones, good ones
 * with something wrong in them at any depth, and anything at all that JSON can carry.
 */

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isContract = (value: object): value is Contract => 'operations' in value;
const dtos: Dto<unknown>[] = [
  ...new Set(
    Object.values(published)
      .filter((value) => typeof value === 'object' && isContract(value))
      .flatMap((contract) => Object.values((contract as Contract).operations))
      .flatMap(({ input, output }) => [input, output] as Dto<unknown>[]),
  ),
];

const fieldsOf = (dto: Dto<unknown>): string[] => [
  ...new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(dto, '', false, false)
      .map((rule) => rule.propertyName),
  ),
];
const holdsList = (dto: Dto<unknown>, name: string): boolean =>
  Reflect.getMetadata('design:type', dto.prototype as object, name) === Array;

/** The canonical spelling of every declared field, at any depth: the one thing that Schema does before it judges. */
function spelled(dto: Dto<unknown>, value: unknown): unknown {
  if (!isFields(value)) return value;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => {
    const nested = nestedOf(dto, name);
    if (nested)
      return [name, Array.isArray(item) ? item.map((one) => spelled(nested, one)) : spelled(nested, item)];
    return [name, typeof item === 'string' ? (canonicalOf(dto, name)?.(item) ?? item) : item];
  });
  return Object.fromEntries(entries);
}

/** class-transformer leaves these names out in silence, so class-validator never sees that they are too many. */
const hidesFromClassValidator = (dto: Dto<unknown>, value: unknown): boolean =>
  isFields(value) &&
  (Object.keys(value).some((name) => name in Object.prototype) ||
    fieldsOf(dto).some((name) => {
      const nested = nestedOf(dto, name);
      return nested && [value[name]].flat(Infinity).some((part) => hidesFromClassValidator(nested, part));
    }));

/** Refused besides: a text that PostgreSQL cannot hold. */
const holdsNul = (dto: Dto<unknown>, value: unknown): boolean =>
  isFields(value) &&
  fieldsOf(dto).some((name) => {
    const item = value[name];
    const nested = nestedOf(dto, name);
    if (nested) return [item].flat().some((part) => holdsNul(nested, part));
    return typeof item === 'string' && item.includes('\u0000');
  });

function classValidatorAccepts(dto: Dto<unknown>, value: unknown): boolean {
  if (!isFields(value) || hidesFromClassValidator(dto, value) || holdsNul(dto, value)) return false;
  const instance = plainToInstance(dto, spelled(dto, value)) as object;
  const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };
  return validateSync(instance, rules).length === 0;
}

function accepts(dto: Dto<unknown>, value: unknown): boolean {
  try {
    Schema.of(dto).parse(value);
    return true;
  } catch (error) {
    if (error instanceof ValidationError && error.problems.length > 0) return false;
    throw error;
  }
}

const candidates: readonly unknown[] = [
  ...[0, 1, -1, 1.5, 200, 2_147_483_647, 2_147_483_648, Number.MAX_SAFE_INTEGER, true, null, {}, [], [{}]],
  ...[
    '',
    'x',
    'GBP',
    'a-1',
    ' A-1 ',
    'ann@example.org',
    ' ANN@Example.org',
    'user',
    'confirmed',
    'charged',
    'sent',
    '\u0000',
  ],
  ...[
    'y'.repeat(33),
    'z'.repeat(201),
    '0190b5a0-7d2e-7cc3-98c4-dc0c0c07398f',
    ' 0190B5A0-7D2E-7CC3-98C4-DC0C0C07398F',
  ],
];

/** Values that class-validator lets a single field have, found by asking it. */
const goodValues = (dto: Dto<unknown>, name: string): unknown[] =>
  candidates.filter((value) => {
    const instance = plainToInstance(dto, spelled(dto, { [name]: value })) as object;
    return (
      !holdsNul(dto, { [name]: value }) && !validateSync(instance).some(({ property }) => property === name)
    );
  });

function good(dto: Dto<unknown>): fc.Arbitrary<Fields> {
  const arbitraries = fieldsOf(dto).map((name): [string, fc.Arbitrary<unknown>] => {
    const nested = nestedOf(dto, name);
    if (!nested) return [name, fc.constantFrom(...goodValues(dto, name))];
    return [
      name,
      holdsList(dto, name) ? fc.array(good(nested), { minLength: 1, maxLength: 3 }) : good(nested),
    ];
  });
  return fc.record(Object.fromEntries(arbitraries));
}

const json = fc.jsonValue({ maxDepth: 3 });
const odd = fc.oneof(json, fc.constantFrom(...candidates), fc.constant(undefined));
const oddName = fc.oneof(
  fc.constantFrom('evil', '__proto__', 'constructor', 'toString', 'amount'),
  fc.string(),
);

/** The places in a value where something can be put or taken away. */
function places(value: unknown): { owner: Fields | unknown[]; name: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [{ owner: value as Fields, name }, ...places(item)]);
}

const set = (owner: Fields | unknown[], name: string, value: unknown): unknown =>
  // Plain assignment to `__proto__` would change the prototype; JSON.parse makes a field of it.
  Object.defineProperty(owner, name, { value, enumerable: true, writable: true, configurable: true });

/** A good value with one thing wrong (or not): changed, taken away, too much, or in a list where none belongs. */
const nearlyGood = (dto: Dto<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(good(dto), fc.constantFrom('none', 'change', 'take', 'add', 'wrap'), fc.nat(), odd, oddName)
    .map(([value, change, where, what, name]) => {
      const copy = structuredClone(value);
      const all = places(copy);
      const place = all[where % all.length] ?? { owner: copy, name: 'evil' };
      const { owner } = place;
      if (change === 'change') set(owner, place.name, what);
      if (change === 'take' && !Array.isArray(owner)) delete owner[place.name];
      if (change === 'wrap') set(owner, place.name, [(owner as Fields)[place.name]]);
      if (change === 'add') set(owner, Array.isArray(owner) ? String(owner.length) : name, what);
      return copy;
    });

describe.each(dtos.map((dto) => [dto.name, dto] as const))('%s', (_name, dto) => {
  const same = (value: unknown) => expect(accepts(dto, value)).toBe(classValidatorAccepts(dto, value));

  it('accepts of nearly good values what class-validator accepts, and nothing else', () => {
    fc.assert(fc.property(nearlyGood(dto), same), { numRuns: 100 });
  });

  it('accepts of anything that JSON carries what class-validator accepts, and nothing else', () => {
    fc.assert(fc.property(odd, same), { numRuns: 30 });
  });

  it('gives a fresh plain value that JSON does not change, and that it accepts as it is', () => {
    const parse = (value: unknown) => Schema.of(dto).parse(value);
    fc.assert(
      fc.property(good(dto), (value) => {
        const parsed = parse(Object.freeze(value));
        expect(parsed).toStrictEqual(JSON.parse(JSON.stringify(parsed)));
        expect(parse(parsed)).toStrictEqual(parsed);
        expect(parsed).not.toBe(value);
      }),
      { numRuns: 30 },
    );
  });
});
