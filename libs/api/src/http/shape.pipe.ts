import { type Dto, Schema } from 'nestjs-strangler/contract';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { refusal } from '../errors/problems.js';
import { schemaOf } from '../openapi/describe-dto.js';

/** Validates whatever a handler takes as a DTO, by the same rules and in the same way as every other transport. */
export class ShapePipe implements PipeTransform {
  /** @throws {ValidationError | DomainError} */
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (!metatype || !isDto(metatype as Dto<unknown>)) return value;
    const dto = metatype as Dto<unknown>;
    // Nothing was sent, or something that no parser has taken.
    if (value === undefined && type === 'body')
      throw refusal('validation_failed', 'a body is expected: JSON, with Content-Type: application/json');
    return Schema.of(dto).parse(type === 'query' ? withNumbers(dto, value as object) : value);
  }
}

const dtos = new WeakMap<object, boolean>();

/** Whether a class has rules. */
export function isDto(dto: Dto<unknown>): boolean {
  let known = dtos.get(dto);
  if (known === undefined) {
    known = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false).length > 0;
    dtos.set(dto, known);
  }
  return known;
}

/** Query strings know only text: what the rules want as an integer and looks like one becomes one. */
export function withNumbers(dto: Dto<unknown>, query: object): object {
  const names = integersOf(dto);
  const entries = Object.entries(query).map(([name, value]: [string, unknown]) =>
    names.has(name) && typeof value === 'string' && /^-?\d{1,15}$/.test(value)
      ? [name, Number(value)]
      : [name, value],
  );
  return Object.fromEntries(entries) as object;
}

const integers = new WeakMap<object, ReadonlySet<string>>();

function integersOf(dto: Dto<unknown>): ReadonlySet<string> {
  let names = integers.get(dto);
  if (!names) {
    const properties = Object.entries(schemaOf(dto).properties ?? {});
    names = new Set(
      properties.filter(([, rule]) => 'type' in rule && rule.type === 'integer').map(([name]) => name),
    );
    integers.set(dto, names);
  }
  return names;
}
