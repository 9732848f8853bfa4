import { nestedOf, type Dto } from 'nestjs-strangler/contract';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { IS_ISO4217_CURRENCY_CODE, MAX, MIN } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';

type Schema = ReturnType<typeof targetConstructorToSchema>;
type Property = NonNullable<Schema['properties']>[string];

// As they are, these two say `number` too, and make numbers of integers.
const additionalConverters = {
  [MIN]: ({ constraints }: { constraints: number[] }) => ({ minimum: constraints[0] }),
  [IS_ISO4217_CURRENCY_CODE]: () => ({
    type: 'string' as const,
    pattern: '^[A-Z]{3}$',
    description: 'ISO 4217',
  }),
  [MAX]: ({ constraints }: { constraints: number[] }) => ({ maximum: constraints[0] }),
};

/** A DTO's JSON Schema, made from its class-validator rules. */
export const schemaOf = (dto: Dto<unknown>): Schema =>
  targetConstructorToSchema(dto, { additionalConverters });

const described = new WeakSet<Dto<unknown>>();

/** Tells the OpenAPI document about a DTO and those inside it, so that no rule has to be written a second time. */
export function describeDto(dto: Dto<unknown>): void {
  if (described.has(dto)) return;
  described.add(dto);
  const { properties = {}, required = [] } = schemaOf(dto);
  for (const [name, schema] of Object.entries(properties)) {
    const presence = required.includes(name) ? { required: true } : { required: false, nullable: true };
    const options = { ...rulesOf(dto, name, schema), ...presence } as ApiPropertyOptions;
    ApiProperty(options)(dto.prototype as object, name);
  }
}

function rulesOf(dto: Dto<unknown>, name: string, schema: Property): object {
  const type = nestedOf(dto, name);
  if (!type) return schema;
  describeDto(type);
  if (!('type' in schema) || schema.type !== 'array') return { type };
  return { type, isArray: true, minItems: schema.minItems, maxItems: schema.maxItems };
}
