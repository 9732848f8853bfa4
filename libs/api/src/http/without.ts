import type { Dto } from 'nestjs-strangler/contract';
import { OmitType } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';

/** A DTO class with all fields of another, and their rules, but these: `class PutBody extends without(PutProduct, 'sku') {}`. */
export function without<T, K extends keyof T & string>(dto: Dto<T>, ...names: K[]): Dto<Omit<T, K>> {
  const rest = OmitType<T, K>(dto, names);
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  // Nest carries over what it knows; the contract's own marks (canonical spelling, nested class) are ordinary metadata.
  for (const name of new Set(rules.map((rule) => rule.propertyName))) {
    if (!(names as string[]).includes(name))
      copyMetadata(dto.prototype as object, rest.prototype as object, name);
  }
  return rest;
}

function copyMetadata(from: object, to: object, property: string): void {
  for (const key of Reflect.getMetadataKeys(from, property) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from, property), to, property);
  }
}
