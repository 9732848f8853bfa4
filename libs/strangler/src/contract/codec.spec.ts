import { Exclude, instanceToPlain } from 'class-transformer';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { Codec } from './codec.js';

class Session {
  readonly id: number;
  at: Date;
  @Exclude() hash: string;

  constructor(given: { id: number; at: Date; hash: string }) {
    // One that is made without anything would fail.
    this.id = given.id;
    this.at = given.at;
    this.hash = given.hash;
  }

  get year(): number {
    return this.at.getFullYear();
  }
}
class Taken extends Error {
  override readonly name = 'Taken';

  constructor(readonly email: string) {
    super(`${email} is taken`);
  }
}

const codec = new Codec([Session, Taken]);
/** As over a wire. */
const crossed = (value: unknown): unknown => codec.decode(JSON.parse(JSON.stringify(codec.encode(value))));

describe('what comes back as it was', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a list with holes in its values', [undefined, null, NaN, -0, Infinity]],
    ['a BigInt', 2n ** 70n],
    ['a date', new Date('2026-03-01T12:00:00.123Z')],
    [
      'a Map',
      new Map<unknown, unknown>([
        [{ a: 1 }, new Date(0)],
        [undefined, new Set([1n])],
      ]),
    ],
    ['bytes', new Uint8Array([0, 255])],
    ['a buffer', Buffer.from('ä')],
    ['text that UTF-8 cannot carry', 'a\uD800'],
    ['long text of both', '😀\u0000'.repeat(200_000)],
    ['text that PostgreSQL cannot hold', 'a\u0000b'],
    ['an object with fields that are there without a value', { a: undefined, b: null }],
    ['an object with the field of a tag', { $: 'date', value: null }],
    ['an object with a field that is no text', { 'a\u0000': 1 }],
  ])('%s', (_what, value) => {
    expect(crossed(value)).toStrictEqual(value);
  });

  it.each(['a\uD800', 'a\u0000'])('as text that UTF-8 carries and PostgreSQL holds: %j', (text) => {
    expect(JSON.stringify(codec.encode([text, { [text]: 1 }]))).not.toMatch(/\\u/);
  });

  it('an object of another realm', () => {
    expect(crossed(runInNewContext('({ a: 1 })'))).toEqual({ a: 1 });
  });

  it('a date that is none', () => {
    expect(String(crossed(new Date(NaN)))).toBe('Invalid Date');
  });

  it('a field of the name of the prototype', () => {
    const back = crossed(JSON.parse('{"__proto__":{"admin":true}}')) as Record<string, unknown>;
    expect(Object.keys(back)).toEqual(['__proto__']);
    expect(back['admin']).toBeUndefined();
  });

  it('an instance of a class, which goes on to hide and to compute', () => {
    const session = new Session({ id: 1, at: new Date('2026-06-01'), hash: 'secret' });
    const { list } = crossed({ list: [session] }) as { list: Session[] };
    expect(list[0]).toBeInstanceOf(Session);
    expect(list[0]).toStrictEqual(session);
    expect(list[0]!.year).toBe(2026);
    expect(instanceToPlain(list[0])).toEqual({ id: 1, at: session.at });
  });

  it('an error of a class, with a stack that says what it is', () => {
    const back = crossed(new Taken('a@b.example')) as Taken;
    expect(back).toBeInstanceOf(Taken);
    expect(back).toMatchObject({ name: 'Taken', message: 'a@b.example is taken', email: 'a@b.example' });
    expect(back.stack).toMatch(/^Taken: a@b.example is taken\n/);
    expect(Object.keys(back).sort()).toEqual(['email', 'name']);
  });

  it('anything that is made of these', () => {
    const anything = fc.anything({
      ...{ withBigInt: true, withMap: true, withSet: true, maxDepth: 4 },
      values: [
        fc.date({ noInvalidDate: true }),
        fc.string({ unit: 'binary' }),
        fc.double(),
        fc.constant(undefined),
        fc.constant(null),
        fc.uint8Array(),
      ],
    });
    const instances = anything.map((id) =>
      Object.assign(Object.create(Session.prototype) as Session, { id, at: new Date(0) }),
    );
    const named = fc.dictionary(fc.string({ unit: 'binary' }), instances, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.oneof(anything, fc.array(instances), named), (value) => {
        expect(crossed(value)).toStrictEqual(value);
        expect(codec.decode(codec.encode(value))).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });
});

it('nothing of the value is shared with what came of it', () => {
  const part = { a: 1 };
  const [left, right] = codec.decode(codec.encode([part, part])) as (typeof part)[];
  left!.a = 2;
  expect([part.a, right!.a]).toEqual([1, 1]);
});

describe('what cannot cross is refused by its place', () => {
  class Unknown {}
  const ring: Record<string, unknown> = {};
  ring['ring'] = ring;

  it.each<[string, unknown, string]>([
    ['a function', { on: { done: () => undefined } }, 'it.on.done is a function, which cannot cross'],
    ['a symbol', [Symbol('a')], 'it.0 is a symbol'],
    ['a stream', [Readable.from([])], 'it.0 is an object of Readable, which cannot cross: if it is data'],
    ['an instance of an unknown class', new Unknown(), 'it is an object of Unknown, which cannot cross'],
    ['a promise', { a: Promise.resolve() }, 'it.a is a promise'],
    [
      'an object of a class that extends a known one',
      new (class More extends Session {})({ id: 1, at: new Date(), hash: '' }),
      'More',
    ],
    ['what holds itself', ring, 'it.ring holds itself'],
  ])('%s', (_what, value, reason) => {
    expect(() => codec.encode(value)).toThrow(reason);
  });

  it('what is too deep, on both ways', () => {
    const deep = (levels: number): unknown => (levels === 0 ? [] : [deep(levels - 1)]);
    expect(crossed(deep(90))).toEqual(deep(90));
    expect(() => codec.encode(deep(200))).toThrow('more than 100 levels deep');
    expect(() => codec.decode(deep(500))).toThrow('more than 400 levels deep');
    const maps = (levels: number): unknown => (levels === 0 ? 0 : new Map([[0, maps(levels - 1)]]));
    expect(crossed(maps(49))).toEqual(maps(49));
  });

  it('an instance of a class that this release does not have', () => {
    expect(() => codec.decode({ $: 'Gone', a: 1 })).toThrow(
      'Gone is no class of this contract: name it in its classes',
    );
    expect(() => codec.decode({ $: 'constructor', a: 1 })).toThrow('constructor is no class');
  });
});

describe('a class that cannot be made again from its fields is refused at once', () => {
  class Locked {
    #secret = 1;
    get secret() {
      return this.#secret;
    }
  }
  class Commented {
    // Of the issue #private, which is not one.
    text = '#private';
  }
  it.each<[string, Parameters<typeof make>, string]>([
    ['with #private fields', [Locked], 'Locked cannot cross: it has #private fields'],
    ['without a name', [class {}], 'a class without a name cannot cross'],
    ['of the name of another', [Session, { Session: class {} }.Session], 'another class has that name too'],
    ['named as what JSON lacks', [{ date: class {} }.date], 'has to begin with a capital letter'],
  ])('%s', (_what, classes, reason) => {
    expect(() => make(...classes)).toThrow(reason);
  });

  it('and no other', () => {
    expect(make(Commented).classes).toEqual([Commented]);
  });
});

const make = (...classes: (abstract new (...given: never[]) => object)[]) => new Codec(classes);
