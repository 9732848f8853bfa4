import type { Dto } from '../../contract/dto.js';
import { nestedOf } from '../../contract/fields.js';
import { rulesOf } from '../../contract/checks.js';

/** A key that a class does not declare, the keys that lead to it, and those that there are in its place. */
export interface UnknownKey {
  key: string;
  inside: string[];
  known: string[];
}

/** The first key of `value`, or of what it holds, that the class does not declare. */
export function unknownKey(dto: Dto<unknown>, value: unknown): UnknownKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return within(Object.entries(value), () => dto);
  const known = keysOf(dto);
  const key = Object.keys(value).find((name) => !known.includes(name));
  if (key !== undefined) return { key, inside: [], known };
  return within(Object.entries(value), (name) => nestedOf(dto, name));
}

/** The keys that a class declares. */
export const keysOf = (dto: Dto<unknown>): string[] => [
  ...new Set(rulesOf(dto).map((rule) => rule.propertyName)),
];

function within(
  entries: readonly [string, unknown][],
  of: (name: string) => Dto<unknown> | undefined,
): UnknownKey | undefined {
  for (const [name, item] of entries) {
    const dto = of(name);
    const found = dto && unknownKey(dto, item);
    if (found) return { ...found, inside: [name, ...found.inside] };
  }
  return undefined;
}
