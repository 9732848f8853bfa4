import { IS_ISO4217_CURRENCY_CODE, MAX, MIN } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import type { Dto } from '../contract/dto.js';
import { isSecret, nestedOf } from '../contract/fields.js';

/** A JSON Schema, of what drafts 7 and 2020-12 have in common: AsyncAPI 3 takes the one, OpenAPI 3.1 the other. */
export type JsonSchema = Readonly<Record<string, unknown>>;

// As they are, these say `number` too, and make numbers of integers; and the last one lists all currencies of today.
const additionalConverters = {
  [MIN]: ({ constraints }: { constraints: number[] }) => ({ minimum: constraints[0] }),
  [MAX]: ({ constraints }: { constraints: number[] }) => ({ maximum: constraints[0] }),
  [IS_ISO4217_CURRENCY_CODE]: () => ({
    ...{ type: 'string' as const, pattern: '^[A-Z]{3}$' },
    description: 'ISO 4217',
  }),
};

/**
 * The schema of a DTO class, made from its rules; what is nested stands in its place. `open`: of what is read. Its reader takes fields that he
 * does not know; who is given something refuses them.
 */
export function jsonSchemaOf(dto: Dto<unknown>, { open = false } = {}): JsonSchema {
  const { properties = {}, required = [] } = targetConstructorToSchema(dto, { additionalConverters });
  const members = Object.entries(properties).map(([name, schema]) => {
    const nested = nestedOf(dto, name);
    // A reference to the class Array comes with a list that has rules for its members.
    const { $ref, ...plain } = schema as JsonSchema;
    const own = nested ? nestedIn(plain, jsonSchemaOf(nested, { open })) : plain;
    const known = isSecret(dto, name) ? { ...own, writeOnly: true } : own;
    return [name, required.includes(name) ? known : orNull(known)] as const;
  });
  const { additionalProperties, ...schema } = object(Object.fromEntries(members), required);
  return open ? schema : { ...schema, additionalProperties };
}

/** An array of nested objects, or one of them. */
const nestedIn = (schema: JsonSchema, nested: JsonSchema): JsonSchema =>
  schema['type'] === 'array' ? { ...schema, items: nested } : nested;

/** This, or null. */
export const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** An object; all its members are there unless `required` names fewer. */
export const object = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = Object.keys(properties),
): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...(required.length > 0 && { required }),
});
