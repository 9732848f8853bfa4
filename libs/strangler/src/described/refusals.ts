import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from './json-schema.js';

/** A place in a value, and what is against it there. */
export interface Refusal {
  /** Dotted; empty: the value itself. `*` is each part of a list. */
  readonly path: string;
  readonly why: string;
}

const lowest = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const highest = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const structure = ['type', 'enum', 'properties', 'required', 'additionalProperties', 'items'];
/** What says nothing of which values are allowed. */
const remarks = ['description', 'writeOnly', 'title', 'default', 'examples'];
const known = new Set([...lowest, ...highest, ...structure, ...remarks]);

/**
 * Why values that one schema allows are refused by another: empty only if none is. Of rules that it does not know it says that they are not the
 * same. Schemas are those of {@link jsonSchemaOf}.
 */
export function refusals(from: JsonSchema, to: JsonSchema, path = ''): Refusal[] {
  const [one, other] = [apart(from), apart(to)];
  if (one.nullable && !other.nullable && Object.keys(other.schema).length > 0)
    return [{ path, why: 'may no longer be null or left out' }, ...ofValue(one.schema, other.schema, path)];
  return ofValue(one.schema, other.schema, path);
}

/** Names of fields, and of those inside, that one schema has and the other has not. */
export function fieldsWithout(one: JsonSchema, other: JsonSchema, path = ''): string[] {
  const [mine, others] = [apart(one).schema, apart(other).schema];
  if (mine['type'] === 'array') return fieldsWithout(itemsOf(mine), itemsOf(others), fieldIn(path, '*'));
  return Object.entries(propertiesOf(mine)).flatMap(([name, schema]) => {
    const same = propertiesOf(others)[name];
    return same ? fieldsWithout(schema, same, fieldIn(path, name)) : [fieldIn(path, name)];
  });
}

/** A schema, and whether null is allowed beside what it says. */
export function apart(schema: JsonSchema): { schema: JsonSchema; nullable: boolean } {
  const any = schema['anyOf'] as readonly JsonSchema[] | undefined;
  if (any?.length !== 2 || any[1]!['type'] !== 'null') return { schema, nullable: false };
  return { schema: any[0]!, nullable: true };
}

export const propertiesOf = (schema: JsonSchema) =>
  (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
export const itemsOf = (schema: JsonSchema) => (schema['items'] ?? {}) as JsonSchema;
export const fieldIn = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function ofValue(from: JsonSchema, to: JsonSchema, path: string): Refusal[] {
  const type = ofType(from['type'], to['type']);
  if (type !== undefined) return [{ path, why: type }];
  const whys = [...ofValues(from, to), ...ofBounds(from, to), ...ofOthers(from, to)];
  return [...whys.map((why) => ({ path, why })), ...ofFields(from, to, path), ...ofItems(from, to, path)];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function ofType(from: unknown, to: unknown): string | undefined {
  if (to === undefined || from === to || (from === 'integer' && to === 'number')) return undefined;
  return `is ${textOf(to)}, and was ${from === undefined ? 'anything' : textOf(from)}`;
}

function ofValues({ enum: from }: JsonSchema, { enum: to }: JsonSchema): string[] {
  if (to === undefined) return [];
  if (from === undefined) return [`is one of ${(to as unknown[]).join(', ')} only`];
  const gone = (from as unknown[]).filter((value) => !(to as unknown[]).includes(value));
  return gone.length > 0 ? [`is no longer ${gone.join(', ')}`] : [];
}

function ofBounds(from: JsonSchema, to: JsonSchema): string[] {
  const bound = (schema: JsonSchema, rule: string, none: number) =>
    (schema[rule] as number | undefined) ?? none;
  const higher = lowest.filter((rule) => bound(to, rule, -Infinity) > bound(from, rule, -Infinity));
  const lower = highest.filter((rule) => bound(to, rule, Infinity) < bound(from, rule, Infinity));
  return [...higher, ...lower].map(
    (rule) => `has ${rule} ${textOf(to[rule])}, and had ${textOf(from[rule] ?? 'none')}`,
  );
}

/** `format`, `pattern` and whatever else: allowed is what was allowed before, or anything. */
const ofOthers = (from: JsonSchema, to: JsonSchema): string[] =>
  Object.keys(to)
    .filter((rule) => !known.has(rule) && !isDeepStrictEqual(from[rule], to[rule]))
    .map((rule) => `has another ${rule}`);

function ofFields(from: JsonSchema, to: JsonSchema, path: string): Refusal[] {
  if (to['type'] !== 'object') return [];
  const required = (schema: JsonSchema) => (schema['required'] ?? []) as readonly string[];
  const missing = required(to).filter((name) => !required(from).includes(name));
  const isSaid = (at: string, why: string) =>
    why.startsWith('may no longer') && missing.some((name) => fieldIn(path, name) === at);
  const inside = Object.entries(propertiesOf(from)).flatMap(([name, schema]) => {
    const same = propertiesOf(to)[name];
    if (same)
      return refusals(schema, same, fieldIn(path, name)).filter(({ path: at, why }) => !isSaid(at, why));
    const closed = to['additionalProperties'] === false;
    return closed ? [{ path: fieldIn(path, name), why: 'is not known any more' }] : [];
  });
  return [...missing.map((name) => ({ path: fieldIn(path, name), why: 'has to be there' })), ...inside];
}

const ofItems = (from: JsonSchema, to: JsonSchema, path: string): Refusal[] =>
  to['type'] === 'array' ? refusals(itemsOf(from), itemsOf(to), fieldIn(path, '*')) : [];
