import { types } from 'node:util';
import { hasPrivateFields } from './class-source.js';
import { isText } from './text.js';

/** What JSON carries, and nothing else. */
export type Wire = null | boolean | number | string | readonly Wire[] | { readonly [field: string]: Wire };

/** A class whose instances cross as what they are. They come back without their constructor, with its prototype and their fields. */
export type DataClass = abstract new (...given: never[]) => object;

/** Objects in objects, at most. */
const deepest = 100;
/** So many levels of JSON an object can take (one in a Map), at most: deeper nothing is read, whoever sent it. */
const deepestJson = 4 * deepest;

/** The field that says what an object was: a class, or one of {@link kinds}. */
const tag = '$';

/** What JSON cannot carry by itself, by the name under which it travels. */
const kinds: Readonly<Record<string, (value: Wire) => unknown>> = {
  undefined: () => undefined,
  number: (text) => Number(text),
  bigint: (text) => BigInt(text as string),
  // UTF-16 units: UTF-8 has no half of a surrogate pair, PostgreSQL no NUL.
  text: (units) => Buffer.from(units as string, 'base64').toString('utf16le'),
  date: (time) => new Date(time === null ? NaN : (time as string)),
  bytes: (text) => new Uint8Array(Buffer.from(text as string, 'base64')),
  buffer: (text) => Buffer.from(text as string, 'base64'),
};

/**
 * Values as JSON, and back as they were: dates, BigInt, Map, Set, bytes, `undefined`, NaN, and instances of the classes that it knows. A
 * service behind its class is called through it in the process and over NATS alike, so that both give the same.
 *
 * @example
 * const codec = new Codec([Session]);
 * codec.decode(codec.encode({ session, at: new Date() })).session instanceof Session // true
 */
export class Codec {
  private readonly names = new Map<object, string>();
  private readonly prototypes = new Map<string, object>();

  /** @throws when two classes have one name, or one cannot be made again from its fields. */
  constructor(readonly classes: readonly DataClass[]) {
    for (const each of classes) {
      const problem = this.prototypes.has(each.name)
        ? 'another class has that name too'
        : problemOfClass(each);
      if (problem) throw new Error(`${each.name || 'a class without a name'} cannot cross: ${problem}`);
      const prototype = each.prototype as object;
      this.names.set(prototype, each.name);
      this.prototypes.set(each.name, prototype);
    }
  }

  /** Whether instances of that class cross as what they are. */
  knows(value: object): boolean {
    return this.names.has(Object.getPrototypeOf(value) as object);
  }

  /** @throws {TypeError} naming the place of what cannot cross: a function, a stream, an object of an unknown class, one that holds itself. */
  encode(value: unknown, place = 'it'): Wire {
    return new Encoding(this.names).of(value, place);
  }

  /** The value that {@link encode} was given. @throws {TypeError} for what it has not made, or not with these classes. */
  decode(wire: unknown): unknown {
    return this.read(wire as Wire, 0);
  }

  private read(wire: Wire, depth: number): unknown {
    if (typeof wire !== 'object' || wire === null) return wire;
    if (depth > deepestJson) throw new TypeError(`it is more than ${deepestJson} levels deep`);
    if (Array.isArray(wire)) return wire.map((part: Wire) => this.read(part, depth + 1));
    const fields = wire as Readonly<Record<string, Wire>>;
    return Object.hasOwn(fields, tag)
      ? this.tagged(fields, depth + 1)
      : this.filled({}, Object.entries(fields), depth + 1);
  }

  private tagged({ [tag]: name, ...fields }: Readonly<Record<string, Wire>>, depth: number): unknown {
    const kind = name as string;
    const { value } = fields;
    if (Object.hasOwn(kinds, kind)) return kinds[kind]!(value as Wire);
    if (kind === 'set') return new Set(this.read(value as Wire, depth) as unknown[]);
    if (kind === 'map') return new Map(this.read(value as Wire, depth) as [unknown, unknown][]);
    if (kind !== 'fields') return this.filled(this.made(kind), Object.entries(fields), depth);
    const { of } = fields;
    const entries = (value as [Wire, Wire][]).map(
      ([field, part]) => [this.read(field, depth) as string, part] as const,
    );
    return this.filled(of === undefined ? {} : this.made(of as string), entries, depth);
  }

  private made(name: string): object {
    const prototype = this.prototypes.get(name);
    if (!prototype) throw new TypeError(`${name} is no class of this contract: name it in its classes`);
    return prototype instanceof Error
      ? (Object.setPrototypeOf(new Error(), prototype) as object)
      : (Object.create(prototype) as object);
  }

  private filled(target: object, fields: Iterable<readonly [string, Wire]>, depth: number): object {
    const isError = target instanceof Error;
    for (const [name, part] of fields) {
      const value = this.read(part, depth);
      // By `=` it would run a setter, or change the prototype (`__proto__`).
      if (name in target) own(target, name, value, !(isError && name === 'message'));
      else (target as Record<string, unknown>)[name] = value;
    }
    // Where it came out, headed by its name and message.
    if (isError) Error.captureStackTrace(target);
    return target;
  }
}

const own = (target: object, name: string, value: unknown, enumerable: boolean): unknown =>
  Object.defineProperty(target, name, { writable: true, enumerable, configurable: true, value });

/** One value on its way to JSON. */
class Encoding {
  /** The objects around the one that is looked at. */
  private readonly around = new Set<object>();

  constructor(private readonly names: ReadonlyMap<object, string>) {}

  of(value: unknown, place: string): Wire {
    switch (typeof value) {
      case 'string':
        return isText(value)
          ? value
          : { [tag]: 'text', value: Buffer.from(value, 'utf16le').toString('base64') };
      case 'boolean':
        return value;
      case 'number':
        return isJson(value)
          ? value
          : { [tag]: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
      case 'bigint':
        return { [tag]: 'bigint', value: String(value) };
      case 'undefined':
        return { [tag]: 'undefined' };
      case 'object':
        return value === null ? null : this.within(value, place);
      default:
        throw new TypeError(`${place} is a ${typeof value}, which cannot cross`);
    }
  }

  private within(value: object, place: string): Wire {
    if (this.around.has(value)) throw new TypeError(`${place} holds itself`);
    if (this.around.size >= deepest) throw new TypeError(`${place} is more than ${deepest} levels deep`);
    this.around.add(value);
    const wire = this.object(value, place);
    this.around.delete(value);
    return wire;
  }

  private object(value: object, place: string): Wire {
    if (Array.isArray(value)) return this.list(value, place);
    const name = this.names.get(Object.getPrototypeOf(value) as object);
    if (name !== undefined || isPlain(value)) return this.fields(value, name, place);
    if (types.isDate(value))
      return { [tag]: 'date', value: Number.isNaN(value.getTime()) ? null : value.toISOString() };
    if (types.isSet(value)) return { [tag]: 'set', value: this.list([...value], place) };
    if (types.isMap(value)) return { [tag]: 'map', value: this.list([...value], place) };
    if (types.isUint8Array(value))
      return {
        [tag]: Buffer.isBuffer(value) ? 'buffer' : 'bytes',
        value: Buffer.from(value).toString('base64'),
      };
    throw new TypeError(
      `${place} is ${nameOf(value)}, which cannot cross: if it is data, name its class in the classes of the contract`,
    );
  }

  private list(list: readonly unknown[], place: string): Wire[] {
    return Array.from(list, (part, i) => this.of(part, `${place}.${i}`));
  }

  private fields(value: object, name: string | undefined, place: string): Wire {
    const fields = ownFields(value);
    const wire: Record<string, Wire> = name === undefined ? {} : { [tag]: name };
    for (const [field, part] of fields) {
      // As it is, wherever JSON has such a field too.
      if (field === tag || field === '__proto__' || !isText(field)) return this.entries(fields, name, place);
      wire[field] = this.of(part, `${place}.${field}`);
    }
    return wire;
  }

  private entries(fields: readonly [string, unknown][], name: string | undefined, place: string): Wire {
    const value = fields.map(([field, part]) => [this.of(field, place), this.of(part, `${place}.${field}`)]);
    return { [tag]: 'fields', ...(name !== undefined && { of: name }), value };
  }
}

/** An error's message is a field of it that is not seen. What caused it, and where, stays where it was thrown. */
function ownFields(value: object): [string, unknown][] {
  const fields: [string, unknown][] = Object.entries(value);
  if (!(value instanceof Error)) return fields;
  return [
    ['message', value.message],
    ...fields.filter(([field]) => !['message', 'stack', 'cause', 'options'].includes(field)),
  ];
}

const isJson = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);

/** Also one of another realm, as Node's own modules make them where tests run. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null &&
      (prototype.constructor as { name?: string } | undefined)?.name === 'Object')
  );
}

function nameOf(value: object): string {
  if (types.isPromise(value)) return 'a promise';
  return `an object of ${(value.constructor as { name?: string } | undefined)?.name || 'a class without a name'}`;
}

function problemOfClass(each: DataClass): string | undefined {
  if (!/^[A-Z]/.test(each.name))
    return 'its name has to begin with a capital letter, by which it is known on the other side';
  return hasPrivateFields(each)
    ? 'it has #private fields, and no constructor runs on the other side'
    : undefined;
}
