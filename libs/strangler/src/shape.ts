import { canonicalOf, isSecret, nestedOf, ValidationError, type Dto } from '#contracts';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError as Broken } from 'class-validator';
import { checksOf, conditionOf, rulesOf, type Check, type Fields } from './checks.js';

interface Field {
  name: string;
  canonical: ((text: string) => string) | undefined;
  nested: Shape<unknown> | undefined;
  /** Conditional rules (`IsOptional`): unless all hold, the checks do not apply. */
  conditions: Check[];
  checks: Check[];
}

/**
 * A DTO class compiled for the hot path: its class-validator rules are looked up once, not at every call (class-validator
 * itself takes tens of microseconds). Accepting is ours; explaining a refusal is class-validator's, so there is one set
 * of rules and of messages. Values come out as fresh plain objects with the declared fields only, exactly as JSON would
 * carry them: a call inside the process and a call over NATS see the same.
 */
export class Shape<T> {
  private readonly fields: readonly Field[];
  private readonly names: ReadonlySet<string>;
  private readonly secrets: readonly string[];

  private constructor(private readonly dto: Dto<T>) {
    this.fields = fieldsOf(dto);
    this.names = new Set(this.fields.map((field) => field.name));
    this.secrets = [...this.names].filter((name) => isSecret(dto, name));
  }

  private static readonly known = new WeakMap<Dto<unknown>, Shape<unknown>>();

  /** The shape of a DTO class, compiled on first use. */
  static of<T>(dto: Dto<T>): Shape<T> {
    let shape = Shape.known.get(dto) as Shape<T> | undefined;
    if (!shape) Shape.known.set(dto, (shape = new Shape(dto)));
    return shape;
  }

  /** A validated, canonical copy of `value`. @throws {ValidationError} naming every broken rule; unknown fields break one. */
  parse(value: unknown): T {
    const copy = this.copy(value);
    if (copy !== undefined && this.accepts(copy)) return copy as T;
    throw new ValidationError(this.explain(value));
  }

  /**
   * What tells one input from another: all of it but its secrets, which must not be stored, not even as a fast hash.
   * `value` is a copy made by `parse`.
   */
  identity(value: unknown): unknown {
    if (this.secrets.length === 0) return value;
    return Object.fromEntries(
      Object.entries(value as Fields).filter(([name]) => !this.secrets.includes(name)),
    );
  }

  /** What a caller may see of `value`: the declared fields, nothing else. */
  pick(value: unknown): T {
    if (!isFields(value)) return undefined as T;
    const copy: Fields = {};
    for (const { name, nested } of this.fields) {
      const item = value[name];
      if (item !== undefined) copy[name] = nested ? nested.pickAll(item) : item;
    }
    return copy as T;
  }

  private pickAll(value: unknown): unknown {
    if (!Array.isArray(value)) return isFields(value) ? this.pick(value) : value;
    const parts: unknown[] = [];
    for (const part of value) parts.push(isFields(part) ? this.pick(part) : part);
    return parts;
  }

  /**
   * A plain copy of the declared fields in canonical spelling; `undefined` when `value` is no object or has other fields,
   * itself or in one of its parts.
   */
  copy(value: unknown): Fields | undefined {
    if (!isFields(value)) return undefined;
    const copy: Fields = {};
    let found = 0;
    for (const field of this.fields) {
      const item = value[field.name];
      if (item === undefined) continue;
      found++;
      const own = field.nested || field.canonical ? copyField(field, item) : item;
      if (own === undefined) return undefined;
      copy[field.name] = own;
    }
    return found !== Object.keys(value).length && this.hasOthers(value) ? undefined : copy;
  }

  private hasOthers(source: Fields): boolean {
    return Object.keys(source).some((name) => !this.names.has(name));
  }

  /** Whether every rule of the class holds; `value` is a copy made by `copy`. */
  private accepts(value: Fields): boolean {
    for (const field of this.fields) {
      const item = value[field.name];
      if (typeof item === 'string' && item.includes(nul)) return false;
      if (field.conditions.length > 0 && !allHold(field.conditions, item, value)) continue;
      if (!allHold(field.checks, item, value)) return false;
      if (field.nested && !field.nested.acceptsAll(item)) return false;
    }
    return true;
  }

  private acceptsAll(value: unknown): boolean {
    if (!Array.isArray(value)) return isFields(value) && this.accepts(value);
    for (const item of value) if (!this.acceptsAll(item)) return false;
    return true;
  }

  private explain(value: unknown): string[] {
    if (!isFields(value)) return ['an object is expected'];
    const instance = plainToInstance(this.dto, this.spelled(value)) as object;
    const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };
    const broken = validateSync(instance, rules).flatMap((error) => describe(error, ''));
    const problems = [...broken, ...this.nulProblems(value, '')];
    // class-transformer drops fields such as `__proto__` and `toString`, so class-validator has nothing to say of them.
    return problems.length > 0 ? problems : ['a field has a name that no field can have'];
  }

  private nulProblems(value: unknown, path: string): string[] {
    if (!isFields(value)) return [];
    return this.fields.flatMap(({ name, nested }) => {
      const item = value[name];
      if (typeof item === 'string') return item.includes(nul) ? [`${path}${name} must not contain NUL`] : [];
      if (!nested) return [];
      return Array.isArray(item)
        ? item.flatMap((part, i) => nested.nulProblems(part, `${path}${name}.${i}.`))
        : nested.nulProblems(item, `${path}${name}.`);
    });
  }

  /** All of `value` as it came, but in canonical spelling: what is right in that is not to be called wrong. */
  private spelled(value: unknown): unknown {
    if (!isFields(value)) return value;
    const copy = { ...value };
    for (const { name, canonical, nested } of this.fields) {
      const item = copy[name];
      if (typeof item === 'string') copy[name] = canonical?.(item) ?? item;
      else if (nested)
        copy[name] = Array.isArray(item) ? item.map((part) => nested.spelled(part)) : nested.spelled(item);
    }
    return copy;
  }
}

/** The one character that PostgreSQL's text cannot hold. */
const nul = '\u0000';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// Loops here and below: `every` and `map` would make a function at each call.
function allHold(checks: readonly Check[], value: unknown, owner: Fields): boolean {
  for (const check of checks) if (!check(value, owner)) return false;
  return true;
}

/** `undefined`: a part has fields that it must not have. What is no object at all stays, for the rules to refuse. */
function copyField({ canonical, nested }: Field, item: unknown): unknown {
  if (!nested) return canonical && typeof item === 'string' ? canonical(item) : item;
  if (!Array.isArray(item)) return isFields(item) ? nested.copy(item) : item;
  const parts: unknown[] = [];
  for (const part of item) {
    const copy: unknown = isFields(part) ? nested.copy(part) : part;
    if (copy === undefined) return undefined;
    parts.push(copy);
  }
  return parts;
}

function fieldsOf(dto: Dto<unknown>): Field[] {
  const rules = rulesOf(dto);
  const names = [...new Set(rules.map((rule) => rule.propertyName))];
  return names.map((name) => {
    const own = rules.filter((rule) => rule.propertyName === name);
    const nested = nestedOf(dto, name);
    return {
      name,
      canonical: canonicalOf(dto, name),
      nested: nested && Shape.of(nested),
      conditions: own.filter((rule) => rule.type === 'conditionalValidation').map(conditionOf),
      checks: own.filter((rule) => rule.type === 'customValidation').flatMap((rule) => checksOf(dto, rule)),
    };
  });
}

/** What is wrong, each beginning with the path of the field: `lines.0.sku must be ...`. */
function describe({ property, constraints, children }: Broken, path: string): string[] {
  const own = Object.values(constraints ?? {}).map((text) => {
    const said = text.replace(/^(nested )?property /, '');
    return said.startsWith(`${property} `) ? path + said : `${path}${property}: ${said}`;
  });
  return [...own, ...(children ?? []).flatMap((child) => describe(child, `${path}${property}.`))];
}
