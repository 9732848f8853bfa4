import type { Dto } from './dto.js';
import { ValidationError } from './errors.js';
import { canonicalOf, isMasked, isSecret, nestedOf } from './fields.js';
import { ARRAY_MAX_SIZE, IS_ARRAY } from 'class-validator';
import { checksOf, conditionOf, isFields, rulesOf, type Fields, type ValueRule } from './checks.js';
import { compile, type Compiled, type CompiledField } from './compile.js';
import { explain, type ExplainedField } from './explain.js';

/** A field of a DTO class, made ready. */
interface Field extends ExplainedField, Omit<CompiledField, 'nested'> {
  readonly nested: Schema<unknown> | undefined;
  /** Never stored, compared or logged. */
  readonly secret: boolean;
  /** Masked where people look; every secret is. */
  readonly masked: boolean;
  /** Whether some rule wants a list. */
  readonly isList: boolean;
}

/** The longest list of a field that does not say itself how long its list may be. */
const longestList = 10_000;

/**
 * A DTO class compiled for the hot path: its class-validator rules are looked up once, not at every call (class-validator
 * itself takes tens of microseconds). Accepting is ours; explaining a refusal is class-validator's, so there is one set
 * of rules and of messages. Values come out as fresh plain objects with the declared fields only, exactly as JSON would
 * carry them: a call inside the process and a call over NATS see the same.
 *
 * What it looks at is bounded by the class (`capacity`), not by the value: lists that are too long and objects with other
 * fields are refused before anything inside them is seen (ADR 0020).
 *
 * @internal
 */
export class Schema<T> {
  readonly fields: readonly Field[];
  readonly names: ReadonlySet<string>;
  /** The most members (fields, and parts of lists) that an accepted value can have. */
  readonly capacity: number;
  /** Dotted paths of its secrets, as `items.*.password`. */
  readonly secrets: readonly string[];

  private readonly compiled: Compiled;

  private constructor(readonly dto: Dto<T>) {
    this.fields = fieldsOf(dto);
    this.names = new Set(this.fields.map((field) => field.name));
    this.capacity = this.fields.reduce((sum, field) => sum + capacityOf(field), 0);
    this.secrets = this.fields.flatMap(secretsOf);
    this.compiled = compile(this.fields.map((field) => ({ ...field, nested: field.nested?.compiled })));
  }

  private static readonly known = new WeakMap<Dto<unknown>, Schema<unknown>>();

  /** The shape of a DTO class, compiled on first use. */
  static of<T>(dto: Dto<T>): Schema<T> {
    let shape = Schema.known.get(dto) as Schema<T> | undefined;
    if (!shape) Schema.known.set(dto, (shape = new Schema(dto)));
    return shape;
  }

  /** A validated, canonical copy of `value`. @throws {ValidationError} naming the broken rules; unknown fields break one. */
  parse(value: unknown): T {
    const copy = this.accepted(value);
    if (copy !== undefined) return copy;
    const { sentences, errors } = explain(this, value);
    throw new ValidationError(sentences.length > 0 ? sentences : ['the value is not valid'], errors);
  }

  /** Whether `parse` would accept a value. */
  holds(value: unknown): boolean {
    return this.accepted(value) !== undefined;
  }

  /** What `parse` makes of a value; `undefined` where it would throw. */
  accepted(value: unknown): T | undefined {
    const copy = this.compiled.copy(value);
    return copy !== undefined && this.compiled.accepts(copy) ? (copy as T) : undefined;
  }

  /**
   * What tells one input from another: all of it but its secrets, which must not be stored, not even as a fast hash.
   * `value` is a copy made by `parse`.
   */
  identity(value: unknown): unknown {
    if (this.secrets.length === 0 || !isFields(value)) return value;
    const copy: Fields = {};
    for (const { name, nested, secret } of this.fields) {
      const item = value[name];
      if (item !== undefined && !secret)
        copy[name] = nested ? eachOf(item, (part) => nested.identity(part)) : item;
    }
    return copy;
  }

  /** `value` as people may see it: the declared fields, those that are masked without their values. */
  masked(value: unknown): unknown {
    if (!isFields(value)) return masked(value);
    const copy: Fields = {};
    for (const field of this.fields) {
      if (value[field.name] !== undefined) copy[field.name] = maskedField(field, value[field.name]);
    }
    return copy;
  }

  /** What stands at a path in a value of this shape (`items.0.email`; empty: all of it), as people may see it. */
  maskedAt(path: readonly string[], value: unknown): unknown {
    const [name, ...rest] = path;
    if (name === undefined) return eachOf(value, (part) => this.masked(part));
    const field = this.fields.find((each) => each.name === name);
    if (!field || field.masked) return masked(value);
    const inner = rest.filter((part) => !/^\d+$/.test(part));
    return field.nested ? field.nested.maskedAt(inner, value) : value;
  }

  /** What a caller may see of `value`: the declared fields, nothing else. */
  pick(value: unknown): T {
    // Of a shape without fields there is nothing to see, whatever the value is.
    if (!isFields(value)) return (this.fields.length === 0 ? {} : undefined) as T;
    return this.compiled.pick(value) as T;
  }
}

/** Whether there is one says something, and tells nothing. */
const masked = (value: unknown): unknown => (value === null || value === undefined ? value : '***');

const maskedField = ({ nested, masked: isHidden }: Field, item: unknown): unknown =>
  isHidden ? masked(item) : nested ? eachOf(item, (part) => nested.masked(part)) : item;

const eachOf = (item: unknown, of: (part: unknown) => unknown): unknown =>
  Array.isArray(item) ? item.map(of) : of(item);

const secretsOf = ({ name, secret, nested, isList }: Field): string[] =>
  secret ? [name] : (nested?.secrets ?? []).map((inner) => `${name}.${isList ? '*.' : ''}${inner}`);

function fieldsOf(dto: Dto<unknown>): Field[] {
  const rules = rulesOf(dto);
  const names = [...new Set(rules.map((rule) => rule.propertyName))];
  return names.map((name) => {
    const own = rules.filter((rule) => rule.propertyName === name);
    const nested = nestedOf(dto, name);
    return {
      name,
      canonical: canonicalOf(dto, name),
      nested: nested && Schema.of(nested),
      secret: isSecret(dto, name),
      masked: isMasked(dto, name),
      isList: own.some(({ name: rule, each }) => rule === IS_ARRAY || each),
      most: longestOf(own),
      conditions: own.filter((rule) => rule.type === 'conditionalValidation').map(conditionOf),
      checks: own.filter((rule) => rule.type === 'customValidation').flatMap((rule) => checksOf(dto, rule)),
    };
  });
}

function longestOf(rules: readonly ValueRule[]): number {
  const limit = rules.find(({ name }) => name === ARRAY_MAX_SIZE)?.constraints[0] as number | undefined;
  return limit ?? longestList;
}

/** A part of a list counts as a member too. Without a rule that wants a list there is none. */
function capacityOf({ nested, most, isList }: Field): number {
  const part = nested?.capacity ?? 0;
  return isList ? 1 + most * (1 + part) : 1 + part;
}
