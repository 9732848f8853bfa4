import { nestedOf, type Dto } from 'nestjs-strangler/contract';
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLScalarType,
  GraphQLString,
  type GraphQLInputFieldConfig,
  type GraphQLInputType,
  type GraphQLNullableType,
  type GraphQLOutputType,
} from 'graphql';
import { schemaOf } from '../openapi/describe-dto.js';
import { descriptions } from './descriptions.js';

type Property = NonNullable<ReturnType<typeof schemaOf>['properties']>[string];

const wholeNumber = (value: unknown): number => {
  if (Number.isSafeInteger(value)) return value as number;
  throw new TypeError('a whole number is expected that stays exact in JavaScript');
};

/** Wider than GraphQL's own, which ends at 32 bits. */
const SafeInt = new GraphQLScalarType({
  name: 'SafeInt',
  description: 'A whole number that stays exact in JavaScript: up to 9,007,199,254,740,991.',
  serialize: wholeNumber,
  parseValue: wholeNumber,
});

const Json = new GraphQLScalarType({ name: 'JSON', description: 'Any JSON value.' });

const longestInt = 2 ** 31 - 1;

/** What classes are called in the schema, and where what they say is written down. */
export interface Naming {
  nameOf(dto: Dto<unknown>): string;
  /** The class itself, and the one whose fields it shows. */
  describedBy(dto: Dto<unknown>): readonly Dto<unknown>[];
}

/** Makes types of DTO classes by their rules: what must be there is not null, and a set of values is an enum. Each is made once. */
export class Shapes {
  private readonly enums = new Map<string, GraphQLEnumType>();
  private readonly inputs = new Map<Dto<unknown>, GraphQLInputObjectType>();

  constructor(private readonly naming: Naming) {}

  /** The fields of an answer. `typeOf`: that of a class in it. */
  outputs(
    dto: Dto<unknown>,
    typeOf: (nested: Dto<unknown>) => GraphQLNullableType & GraphQLOutputType,
  ): Record<string, { type: GraphQLOutputType; description?: string }> {
    return this.fields(dto, typeOf);
  }

  /** What is asked for, as arguments or as fields of an argument. */
  arguments(dto: Dto<unknown>): Record<string, GraphQLInputFieldConfig> {
    return this.fields<GraphQLNullableType & GraphQLInputType>(dto, (nested) => this.inputOf(nested));
  }

  /** What the docstring says of a class, or of its field. */
  description(dto: Dto<unknown>, field?: string): string | undefined {
    const names = this.naming
      .describedBy(dto)
      .map(({ name }) => (field === undefined ? name : `${name}.${field}`));
    return names.map((name) => descriptions[name]).find((text) => text !== undefined);
  }

  private inputOf(dto: Dto<unknown>): GraphQLInputObjectType {
    let made = this.inputs.get(dto);
    if (!made) {
      const name = `${this.naming.nameOf(dto)}Input`;
      made = new GraphQLInputObjectType({ name, fields: () => this.arguments(dto) });
      this.inputs.set(dto, made);
    }
    return made;
  }

  private fields<T extends GraphQLNullableType>(
    dto: Dto<unknown>,
    typeOf: (nested: Dto<unknown>) => T,
  ): Record<string, { type: never; description?: string }> {
    const { properties = {}, required = [] } = schemaOf(dto);
    const owner = this.naming.nameOf(dto);
    const made = Object.entries(properties).map(([name, rules]) => {
      const nested = nestedOf(dto, name);
      const one = nested ? typeOf(nested) : this.scalarOf(`${owner}${capitalized(name)}`, itemOf(rules));
      const many = isList(rules) ? new GraphQLList(new GraphQLNonNull(one)) : one;
      const type = required.includes(name) ? new GraphQLNonNull(many) : many;
      const description = this.description(dto, name);
      return [name, { type, ...(description !== undefined && { description }) }];
    });
    return Object.fromEntries(made) as Record<string, { type: never; description?: string }>;
  }

  private scalarOf(name: string, rules: Property): GraphQLNullableType & GraphQLInputType {
    if ('$ref' in rules) return Json;
    const { type, format, enum: values, maximum } = rules;
    if (values) return this.enumOf(name, values as string[]);
    if (format === 'uuid') return GraphQLID;
    if (type === 'integer') return (maximum ?? Infinity) <= longestInt ? GraphQLInt : SafeInt;
    if (type === 'number') return GraphQLFloat;
    if (type === 'boolean') return GraphQLBoolean;
    return type === 'string' ? GraphQLString : Json;
  }

  private enumOf(name: string, values: readonly string[]): GraphQLEnumType {
    let made = this.enums.get(name);
    if (!made) {
      made = new GraphQLEnumType({ name, values: Object.fromEntries(values.map((each) => [each, {}])) });
      this.enums.set(name, made);
    }
    return made;
  }
}

const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const isList = (rules: Property): boolean => 'type' in rules && rules.type === 'array';
const itemOf = (rules: Property): Property =>
  'type' in rules && rules.type === 'array' ? (rules.items ?? {}) : rules;
