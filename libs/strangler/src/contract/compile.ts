import { isFields, type Fields, type ValueCheck } from './checks.js';
import { isText } from './text.js';

/** What is done with each value of a shape. */
export interface Compiled {
  /**
   * A plain copy of the declared fields in canonical spelling; `undefined` when `value` is no object, or has other fields
   * or too long a list, itself or in one of its parts.
   */
  copy(value: unknown): Fields | undefined;
  /** Whether every rule of the class holds; `value` is a copy made by `copy`. */
  accepts(value: Fields): boolean;
  /** The declared fields of an object, nothing else. */
  pick(value: Fields): Fields;
}

/** A field to compile. */
export interface CompiledField {
  readonly name: string;
  readonly canonical: ((text: string) => string) | undefined;
  readonly nested: Compiled | undefined;
  /** The longest list that is looked at. */
  readonly most: number;
  /** Conditional rules (`IsOptional`): unless all hold, the checks do not apply. */
  readonly conditions: readonly ValueCheck[];
  readonly checks: readonly ValueCheck[];
}

/**
 * The functions of a shape, written out as code for its fields, as Ajv and fast-json-stringify do it: in a loop over fields
 * every load and every call is of another kind, and nothing is inlined (ADR 0074). Of what an application says, the names of
 * fields alone come into the code, as string literals.
 */
export function compile(fields: readonly CompiledField[]): Compiled {
  const given = new Given({
    isFields,
    isText,
    areTexts,
    hasMore,
    hasOthers,
    copyPart,
    acceptsPart,
    pickPart,
  });
  given.add('names', new Set(fields.map(({ name }) => name)));
  const each = (code: (field: CompiledField, i: number, given: Given) => string): string =>
    fields.map((field, i) => code(field, i, given)).join('');
  return given.run(`return {
  copy(value) {
    if (!isFields(value)) return undefined;
    const copy = {};
    let item, found = 0;${each(copyCode)}
    return hasMore(value, found) && hasOthers(value, names) ? undefined : copy;
  },
  accepts(value) {
    let item;${each(acceptsCode)}
    return true;
  },
  pick(value) {
    const copy = {};
    let item;${each(pickCode)}
    return copy;
  },
};`) as Compiled;
}

/** What code refers to, by the names under which it does. */
class Given {
  private readonly values: Map<string, unknown>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = new Map(Object.entries(values));
  }

  add(name: string, value: unknown): string {
    this.values.set(name, value);
    return name;
  }

  run(code: string): unknown {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- of names that are literals, see `compile`
    const made = new Function(...this.values.keys(), `'use strict'; ${code}`) as (
      ...values: unknown[]
    ) => unknown;
    return made(...this.values.values());
  }
}

function copyCode({ name, canonical, nested, most }: CompiledField, i: number, given: Given): string {
  const field = JSON.stringify(name);
  const spelt =
    canonical &&
    `if (typeof item === 'string') item = ${given.add(`canonical${i}`, canonical)}(item) ?? item;`;
  const inner = nested ? given.add(`nested${i}`, nested) : 'undefined';
  return `
    item = value[${field}];
    if (item !== undefined) {
      found++;
      ${spelt ?? ''}
      if (typeof item === 'object' && (item = copyPart(item, ${inner}, ${most})) === undefined) return undefined;
      copy[${field}] = item;
    }`;
}

function acceptsCode({ name, nested, conditions, checks }: CompiledField, i: number, given: Given): string {
  const all = (kind: string, list: readonly ValueCheck[]) =>
    list.map((check, j) => `${given.add(`${kind}${i}_${j}`, check)}(item, value)`).join(' && ') || 'true';
  const parts = nested ? `acceptsPart(item, nested${i})` : 'true';
  return `
    item = value[${JSON.stringify(name)}];
    if (typeof item === 'string' ? !isText(item) : ${nested ? 'false' : 'Array.isArray(item) && !areTexts(item)'}) return false;
    if (${all('condition', conditions)} && !(${all('check', checks)} && ${parts})) return false;`;
}

const pickCode = ({ name, nested }: CompiledField, i: number): string => `
    item = value[${JSON.stringify(name)}];
    if (item !== undefined) copy[${JSON.stringify(name)}] = ${nested ? `pickPart(item, nested${i})` : 'item'};`;

/** Whether an object has more fields than so many. Stops there: it may have a million. */
function hasMore(source: Fields, most: number): boolean {
  let left = most;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Object.keys would make a list of all of them
  for (const _name in source) if (--left < 0) return true;
  return false;
}

function hasOthers(source: Fields, names: ReadonlySet<string>): boolean {
  for (const name in source) if (!names.has(name)) return true;
  return false;
}

// Loops here and below: `every` and `map` would make a function at each call.
function areTexts(list: readonly unknown[]): boolean {
  for (const item of list) if (typeof item === 'string' && !isText(item)) return false;
  return true;
}

/**
 * `undefined`: a part has fields that it must not have, or the list is too long. What is no object at all stays, for the
 * rules to refuse.
 */
function copyPart(item: unknown, nested: Compiled | undefined, most: number): unknown {
  if (!Array.isArray(item)) return nested && isFields(item) ? nested.copy(item) : item;
  if (item.length > most) return undefined;
  if (!nested) return item;
  const parts: unknown[] = [];
  for (const part of item) {
    const copy: unknown = isFields(part) ? nested.copy(part) : part;
    if (copy === undefined) return undefined;
    parts.push(copy);
  }
  return parts;
}

function acceptsPart(item: unknown, nested: Compiled): boolean {
  if (!Array.isArray(item)) return isFields(item) && nested.accepts(item);
  for (const part of item) if (!acceptsPart(part, nested)) return false;
  return true;
}

function pickPart(item: unknown, nested: Compiled): unknown {
  if (!Array.isArray(item)) return isFields(item) ? nested.pick(item) : item;
  const parts: unknown[] = [];
  for (const part of item) parts.push(isFields(part) ? nested.pick(part) : part);
  return parts;
}
