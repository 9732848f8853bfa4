import type { Dto } from '../../contract/dto.js';
import { nestedOf } from '../../contract/fields.js';
import { MAX, MIN } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type OpenApiSchema = Readonly<Record<string, unknown>>;

// As they are, these two say `number` too, and make numbers of integers.
const additionalConverters = {
  [MIN]: ({ constraints }: { constraints: number[] }) => ({ minimum: constraints[0] }),
  [MAX]: ({ constraints }: { constraints: number[] }) => ({ maximum: constraints[0] }),
};

/** The schema of a body, made from its rules; what is nested stands in its place. */
export function schemaOf(dto: Dto<unknown>): OpenApiSchema {
  const { properties = {}, required = [] } = targetConstructorToSchema(dto, { additionalConverters });
  const members = Object.entries(properties).map(([name, schema]) => {
    const nested = nestedOf(dto, name);
    // A reference to the class Array comes with a list that has rules for its members.
    const { $ref, ...plain } = schema as OpenApiSchema;
    const own = nested ? nestedIn(plain, nested) : plain;
    return [name, required.includes(name) ? own : orNull(own)] as const;
  });
  return object(Object.fromEntries(members), required);
}

/** An array of nested objects, or one of them. */
function nestedIn(schema: OpenApiSchema, dto: Dto<unknown>): OpenApiSchema {
  if (schema['type'] !== 'array') return schemaOf(dto);
  return { ...schema, items: schemaOf(dto) };
}

const orNull = (schema: OpenApiSchema): OpenApiSchema => ({ anyOf: [schema, { type: 'null' }] });

export const text: OpenApiSchema = { type: 'string' };
export const numberSchema: OpenApiSchema = { type: 'number' };
export const flag: OpenApiSchema = { type: 'boolean' };
export const anything: OpenApiSchema = {};
export const listOf = (items: OpenApiSchema): OpenApiSchema => ({ type: 'array', items });
export const oneOf = (values: readonly string[]): OpenApiSchema => ({ type: 'string', enum: values });
export const nullable = orNull;

/** An object; all its members are there unless `required` names fewer. */
export const object = (
  properties: Readonly<Record<string, OpenApiSchema>>,
  required: readonly string[] = Object.keys(properties),
): OpenApiSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...(required.length > 0 && { required }),
});
