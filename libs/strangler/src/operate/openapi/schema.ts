import type { JsonSchema } from '../../described/json-schema.js';

export { jsonSchemaOf as schemaOf, object, orNull as nullable } from '../../described/json-schema.js';

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type OpenApiSchema = JsonSchema;

export const text: OpenApiSchema = { type: 'string' };
export const numberSchema: OpenApiSchema = { type: 'number' };
export const flag: OpenApiSchema = { type: 'boolean' };
export const anything: OpenApiSchema = {};
export const listOf = (items: OpenApiSchema): OpenApiSchema => ({ type: 'array', items });
export const oneOf = (values: readonly string[]): OpenApiSchema => ({ type: 'string', enum: values });
