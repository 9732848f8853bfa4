import { Word } from './word.fixture.js';
import { ValidationError } from './errors.js';
import { Count, Email, Id, List, Masked, Maybe, Nested, Secret } from './fields.js';
import { IsInt, IsString } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { Schema } from './schema.js';

class Line {
  @Word() sku: string;
  @Count(1) quantity: number;
}
class Basket {
  @Id() id: string;
  @List(() => Line, { min: 1, max: 5 }) lines: Line[];
  @Maybe() @Nested(() => Line) gift?: Line | null;
  @Maybe() @IsInt() weight?: number | null;
}

const id = randomUUID();
const line = { sku: 'A-1', quantity: 1 };
const parse = (value: unknown) => Schema.of(Basket).parse(value);

function problemsOf(value: unknown): readonly string[] {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof ValidationError) return error.problems;
    throw error;
  }
  throw new Error('the value was expected to be refused, and was accepted');
}

const accepts = (value: unknown): boolean => {
  try {
    parse(value);
    return true;
  } catch {
    return false;
  }
};

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    ['an unknown field', { id, lines: [line], evil: 1 }, 'evil should not exist'],
    [
      'an unknown field in a part',
      { id, lines: [line], gift: { ...line, evil: 1 } },
      'gift.evil should not exist',
    ],
    [
      'an unknown field in a list',
      { id, lines: [line, { ...line, evil: 1 }] },
      'lines.1.evil should not exist',
    ],
    [
      'a wrong field in a part',
      { id, lines: [line], gift: { sku: 'A-1', quantity: '1' } },
      'gift.quantity must be an integer number',
    ],
    [
      'a wrong field in a list',
      { id, lines: [line, { sku: '?', quantity: 1 }] },
      'lines.1.sku must be 1 to 32 letters, digits or dashes',
    ],
    ['a list in a list', { id, lines: [[line]] }, 'each value in lines must be an object'],
    ['a list for a part', { id, lines: [line], gift: [line] }, 'gift must be an object'],
    ['a part for a list', { id, lines: line }, 'lines must be an array'],
    ['a list that is too short', { id, lines: [] }, 'lines must contain at least 1 elements'],
    [
      'a text that PostgreSQL cannot hold',
      { id, lines: [line], gift: { sku: 'A\u0000', quantity: 1 } },
      'gift.sku must not contain NUL',
    ],
    ['no object at all', [line], 'an object is expected'],
    ['nothing', undefined, 'an object is expected'],
  ])('%s is named by its path', (_what, value, problem) => {
    expect(problemsOf(value).join('\n')).toContain(problem);
  });

  it('is explained from the canonical spelling: what is right after it is not called wrong', () => {
    expect(
      problemsOf({ id: ` ${id.toUpperCase()} `, lines: [{ sku: ' a-1', quantity: 1 }], evil: 1 }),
    ).toEqual(['evil should not exist']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a field that JSON names %s',
    (name) => {
      const more = (text: string) => JSON.parse(`${text.slice(0, -1)},"${name}":{"quantity":1}}`) as unknown;
      expect(accepts(more(JSON.stringify({ id, lines: [line] })))).toBe(false);
      expect(accepts({ id, lines: [more(JSON.stringify(line))] })).toBe(false);
      expect(accepts({ id, lines: [line], gift: more(`{"sku":"A-1"}`.replace('}', ',"quantity":1}')) })).toBe(
        false,
      );
    },
  );

  it('fields that JSON hides in a prototype do not count as given', () => {
    expect(accepts(JSON.parse(`{"__proto__":{"id":"${id}","lines":[{"sku":"A","quantity":1}]}}`))).toBe(
      false,
    );
    expect(({} as { id?: string }).id).toBeUndefined();
  });
});

describe('what is accepted', () => {
  it('comes out in canonical spelling, at any depth', () => {
    expect(parse({ id: ` ${id.toUpperCase()} `, lines: [{ sku: ' a-1 ', quantity: 2 }] })).toStrictEqual({
      id,
      lines: [{ sku: 'A-1', quantity: 2 }],
    });
  });

  it('comes out without fields that are undefined, and with those that are null', () => {
    expect(parse({ id, lines: [line], weight: undefined, gift: null })).toStrictEqual({
      id,
      lines: [line],
      gift: null,
    });
  });

  it('comes out the same whatever the order of its fields: it is hashed', () => {
    const other = { lines: [{ quantity: 1, sku: 'A-1' }], weight: 3, id };
    expect(JSON.stringify(parse(other))).toBe(JSON.stringify(parse({ id, weight: 3, lines: [line] })));
  });

  it('shares no object with what came in: a service that changes its input does not change its caller’s', () => {
    const mine = { id, lines: [{ ...line }], gift: { ...line } };
    const parsed = parse(mine);
    expect(parsed.lines).not.toBe(mine.lines);
    expect(parsed.lines[0]).not.toBe(mine.lines[0]);
    expect(parsed.gift).not.toBe(mine.gift);
  });
});

it('a name of a field is a name, whatever it spells', () => {
  const names = [
    'a"b',
    "a'b",
    'a`${b}',
    'a\\',
    'a\nb',
    'a\u2028b',
    '*/',
    'value',
    'copy',
    'item',
    '0',
    'class',
  ];
  class Odd {}
  for (const name of names) IsInt()(Odd.prototype, name);
  const value = Object.fromEntries(names.map((name, i) => [name, i]));
  const odd = Schema.of<unknown>(Odd);
  expect(odd.parse(value)).toEqual(value);
  expect(odd.pick({ ...value, more: 1 })).toEqual(value);
  expect(odd.holds({ ...value, item: '9' })).toBe(false);
  expect(odd.holds({ ...value, more: 1 })).toBe(false);
});

it('pick shows the declared fields only, at any depth', () => {
  const row = { id, lines: [{ ...line, cost: 1 }], gift: null, weight: 1, owner: 'x' };
  expect(Schema.of(Basket).pick(row)).toStrictEqual({ id, lines: [line], gift: null, weight: 1 });
});

describe('what nobody may see', () => {
  class Login {
    @Email() email: string;
    @Secret() @IsString() password: string;
    @Masked() @Maybe() @IsString() name?: string | null;
    @Count() tries: number;
  }
  class Team {
    @Id() id: string;
    @List(() => Login) members: Login[];
    @Maybe() @Nested(() => Login) lead?: Login | null;
  }
  const shape = Schema.of(Team);
  const ada = { email: 'ada@shop.example', password: 'hunter2!', name: 'Ada', tries: 1 };
  const team = { id, members: [ada, { ...ada, name: null }], lead: ada };
  const hidden = { email: '***', password: '***', name: '***', tries: 1 };

  it('is told by its path, and left out of what tells inputs apart, at any depth', () => {
    expect(shape.secrets).toEqual(['members.*.password', 'lead.password']);
    expect(JSON.stringify(shape.identity(team))).not.toContain('hunter2!');
    expect(shape.identity(team)).toEqual(
      shape.identity({ ...team, lead: { ...ada, password: 'another one' } }),
    );
    expect(shape.identity(team)).not.toEqual(shape.identity({ ...team, lead: { ...ada, name: 'Bob' } }));
  });

  it('is masked where people look; that there is none may be seen', () => {
    expect(shape.masked(team)).toEqual({ id, members: [hidden, { ...hidden, name: null }], lead: hidden });
  });

  it.each<[path: string, value: unknown, shown: unknown]>([
    ['id', id, id],
    ['members.0.email', 'ada@shop.example', '***'],
    ['members.0.tries', 2, 2],
    ['members.1', ada, hidden],
    ['members', [ada, ada], [hidden, hidden]],
    ['lead.password', 'hunter2!', '***'],
    ['lead.name', undefined, undefined],
    ['lead', null, null],
    ['', team, { id, members: [hidden, { ...hidden, name: null }], lead: hidden }],
    ['', 'something else', '***'],
    ['not.declared', 'ada@shop.example', '***'],
  ])('at %p %p is shown as %p', (path, value, shown) => {
    expect(shape.maskedAt(path === '' ? [] : path.split('.'), value)).toEqual(shown);
  });
});
