import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { jsonSchemaOf, object, orNull, type JsonSchema } from './json-schema.js';
import { fieldsWithout, refusals } from './refusals.js';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { List, Nested, Secret } from '../contract/fields.js';

/* What is said to be compatible is: a value that the one schema allows is allowed by the other. */
const ajv = new Ajv2020({ strict: false });
const [lows, highs] = [fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })];
const leaf: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.constant({ type: 'boolean' }),
  fc.tuple(fc.constantFrom('integer', 'number'), lows, highs).map(([type, low, size]) => ({
    ...{ type, minimum: low, maximum: low + size },
  })),
  fc.tuple(lows, highs).map(([low, size]) => ({ type: 'string', minLength: low, maxLength: low + size })),
  fc
    .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
    .map((values) => ({ type: 'string', enum: values })),
  fc.constantFrom('^a', '^b').map((pattern) => ({ type: 'string', pattern })),
);
const { schema } = fc.letrec<{ schema: JsonSchema; fields: JsonSchema; list: JsonSchema }>((tie) => ({
  schema: fc.oneof({ depthSize: 'small', maxDepth: 2 }, leaf, tie('fields'), tie('list')),
  list: fc.tuple(tie('schema'), lows, highs).map(([items, low, size]) => ({
    ...{ type: 'array', items, minItems: low, maxItems: low + size },
  })),
  fields: fc
    .tuple(fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.tuple(tie('schema'), fc.boolean())), fc.boolean())
    .map(([members, open]) => {
      const all = Object.entries(members);
      const properties = all.map(([name, [own, required]]) => [name, required ? own : orNull(own)] as const);
      const required = all.flatMap(([name, [, must]]) => (must ? [name] : []));
      const { additionalProperties, ...plain } = object(Object.fromEntries(properties), required);
      return open ? plain : { ...plain, additionalProperties };
    }),
}));
/** Values of all kinds, many of which some schema allows. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.integer({ min: 0, max: 6 }),
    fc.constantFrom(null, true, 0.5, '', 'a', 'b', 'c', 'ab', 'bbb', 'aaaaaa'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('value')),
  ),
}));

it('a value is refused only where that was said', () => {
  let refused = 0;
  fc.assert(
    fc.property(schema, schema, fc.array(value, { minLength: 60, maxLength: 60 }), (from, to, values) => {
      const [before, after] = [ajv.compile(from), ajv.compile(to)];
      const broken = values.some((each) => before(each) && !after(each));
      if (broken) refused++;
      return !broken || refusals(from, to).length > 0;
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(20);
});

it('nothing is refused by the same schema, or by one with an optional field more', () => {
  fc.assert(
    fc.property(schema, (one) => {
      expect(refusals(one, one)).toEqual([]);
      expect(fieldsWithout(one, one)).toEqual([]);
      if (one['type'] !== 'object') return;
      const wider = {
        ...one,
        properties: { ...(one['properties'] as object), more: orNull({ type: 'string' }) },
      };
      expect(refusals(one, wider)).toEqual([]);
      expect(fieldsWithout(wider, one)).toEqual(['more']);
    }),
    { numRuns: 200 },
  );
});

class Line {
  @IsInt() @Min(1) @Max(9) n: number;
}
class Thing {
  @List(() => Line, { max: 3 }) lines: Line[];
  @Nested(() => Line) one: Line;
  @IsOptional() @IsIn(['a', 'b']) word?: string | null;
  @Secret() @IsInt() pin: number;
}

it('a schema is made of the rules of the class; what is read is open', () => {
  const line = object({ n: { type: 'integer', minimum: 1, maximum: 9 } });
  const thing = jsonSchemaOf(Thing);
  expect(thing).toMatchObject({
    properties: {
      lines: { type: 'array', items: line, maxItems: 3 },
      one: line,
      word: { anyOf: [{ enum: ['a', 'b'] }, { type: 'null' }] },
      pin: { type: 'integer', writeOnly: true },
    },
    additionalProperties: false,
  });
  expect(thing['required']).toEqual(expect.arrayContaining(['lines', 'one', 'pin']));
  expect(JSON.stringify(jsonSchemaOf(Thing, { open: true }))).not.toContain('additionalProperties');
});
