import { Maybe } from './fields.js';
import { Word } from './word.fixture.js';
import { contract, type Handlers } from './contract.js';
import { command, process, query, type Operation } from './operation-kinds.js';
import { DomainError } from './errors.js';
import { Count, List } from './fields.js';
import { Executor } from '../calls/executor.js';
import { call, own, type Saga, type Step } from '../calls/sagas/saga.js';
import type { Port } from '../calls/ports.js';
import { StranglerModule } from '../nest/strangler.module.js';

/*
 * What a contract promises at compile time. tsc (`npm run check:types`) judges this file: a line marked
 * @ts-expect-error that compiles is an error there. Jest runs what can also be seen when the program runs.
 */

class Pages {
  @Maybe() after?: string | null;
  @Maybe() limit?: number | null;
}

class BySku {
  @Word() sku: string;
}
class Piece {
  @Word() sku: string;
  @Count() quantity: number;
}

const shelf = contract('shelf', {
  ownership: 'by-key',
  operations: {
    look: query({ input: BySku, output: Piece, errors: ['not_found'], key: (i) => i.sku }),
    take: command({ input: Piece, output: Piece, errors: ['sold_out'], key: (i) => i.sku, undo: 'giveBack' }),
    giveBack: command({ input: BySku, output: Piece, key: (i) => i.sku }),
    move: process({ input: Piece, output: Piece, errors: ['not_found'], key: (i) => i.sku }),
  },
});

const piece: Piece = { sku: 'A', quantity: 1 };

class WholeService implements Handlers<typeof shelf> {
  look = () => Promise.resolve(piece);
  take = () => Promise.resolve(piece);
  giveBack = () => Promise.resolve(piece);
}

class MoveSaga implements Saga<Piece, Piece, Piece> {
  readonly pivot = 'take';
  readonly steps: Step<Piece>[] = [own('take', () => Promise.resolve())];
  begin = (input: Piece) => input;
  answer = (state: Piece) => Promise.resolve(state);
  wait = () => Promise.resolve();
}

describe('errors', () => {
  it('of an operation are made from the codes that it declares', () => {
    expect(shelf.error('look', 'not_found', { sku: 'A' })).toEqual(
      new DomainError('not_found', { sku: 'A' }),
    );
  });

  it('with any other code do not compile', () => {
    // @ts-expect-error -- declared by `take`, not by `look`
    shelf.error('look', 'sold_out');
    // @ts-expect-error -- declares none at all
    shelf.error('giveBack', 'not_found');
    // @ts-expect-error -- there is no such operation
    shelf.error('give', 'not_found');
    // @ts-expect-error -- data is JSON of one level
    shelf.error('look', 'not_found', { pieces: [1] });
  });
});

describe('a key', () => {
  it('that names a field is that field, and a query that needs no other can be asked without a caller', () => {
    const look = query({ input: BySku, output: Piece, key: 'sku' });
    expect(look.key?.({ sku: 'A' })).toBe('A');
    expect(look.probe?.('B')).toEqual({ sku: 'B' });
    expect(query({ input: Piece, output: Piece, key: 'sku' }).probe).toBeUndefined();
    expect(query({ input: BySku, output: Piece, key: (i) => i.sku }).probe).toBeUndefined();
    expect(query({ input: Pages, output: Piece, key: 'after' as never }).probe?.('x')).toEqual({
      after: 'x',
    });
  });

  it('that names no text of the input, or a probe that makes another input, does not compile', () => {
    // @ts-expect-error -- a number is no key
    query({ input: Piece, output: Piece, key: 'quantity' });
    // @ts-expect-error -- there is no such field
    command({ input: Piece, output: Piece, key: 'name' });
    // @ts-expect-error -- the quantity is missing
    query({ input: Piece, output: Piece, key: 'sku', probe: (sku) => ({ sku }) });
  });

  it('of a command is no reason to ask it by itself', () => {
    // @ts-expect-error -- nor does it compile
    const take = command({ input: BySku, output: Piece, key: 'sku', probe: (sku: string) => ({ sku }) });
    expect(() => contract('shelf', { ownership: 'whole', operations: { take } })).toThrow('only a query');
    expect(command({ input: BySku, output: Piece, key: 'sku' })).not.toHaveProperty('probe');
  });

  it.each([
    ['no key', query({ input: BySku, output: Piece, probe: (sku) => ({ sku }) }), 'declare its key'],
    [
      'several keys',
      query({
        input: BySku,
        output: Piece,
        reads: 'any',
        keys: (i) => [i.sku],
        probe: (sku) => ({ sku }),
      }),
      'declare key',
    ],
  ])('of a query with %s cannot be probed', (_what, look, problem) => {
    expect(() => contract('shelf', { ownership: 'by-key', operations: { look } })).toThrow(problem);
    expect(() => contract('shelf', { ownership: 'whole', operations: { look } })).not.toThrow();
  });
});

describe('a service', () => {
  it('that has every query and command compiles; processes are sagas', () => {
    expect(
      StranglerModule.forFeature(shelf, WholeService, { tables: [], processes: { move: MoveSaga } }),
    ).toBeDefined();
  });

  it('that misses an operation, or answers another type, does not compile', () => {
    // @ts-expect-error -- `take` and `giveBack` are missing
    class Partly implements Handlers<typeof shelf> {
      look = () => Promise.resolve(piece);
    }
    class Wrongly extends WholeService implements Handlers<typeof shelf> {
      // @ts-expect-error -- it answers a piece
      override look = () => Promise.resolve(1);
    }
    // @ts-expect-error -- nor can it be adopted
    StranglerModule.forFeature(shelf, Partly, { tables: [], processes: { move: MoveSaga } });
    expect([Partly, Wrongly]).toHaveLength(2);
  });

  it('whose process has no saga does not compile', () => {
    // @ts-expect-error -- `processes` is missing
    StranglerModule.forFeature(shelf, WholeService, { tables: [] });
    // @ts-expect-error -- `move` is missing
    StranglerModule.forFeature(shelf, WholeService, { tables: [], processes: {} });
  });
});

describe('a caller', () => {
  const port = {
    look: (input: unknown) => Promise.resolve(input),
    take: (input: unknown) => Promise.resolve(input),
  } as unknown as Port<typeof shelf>;

  it('gets what the contract says', async () => {
    const answer: Piece = await port.take(piece, { commandId: 'x' });
    expect(answer).toEqual(piece);
  });

  it('that sends another input, or calls what there is not, does not compile', async () => {
    // @ts-expect-error -- a number is no SKU
    await port.look({ sku: 1 });
    // @ts-expect-error -- the quantity is missing
    await port.take({ sku: 'A' });
    // @ts-expect-error -- an answer is a piece
    const answer: string = await port.look({ sku: 'A' });
    expect(answer).toEqual({ sku: 'A' });
    // @ts-expect-error -- there is no such operation
    expect(() => port.steal({ sku: 'A' })).toThrow();
  });
});

describe('a routing key', () => {
  it('is taken from fields that the input has', () => {
    // @ts-expect-error -- a piece has no `order`
    const odd = command({ input: Piece, output: Piece, key: (i) => i.order });
    // @ts-expect-error -- a quantity is no text
    const numeric = query({ input: Piece, output: Piece, key: (i) => i.quantity });
    // @ts-expect-error -- one way or the other
    const both = query({ input: Piece, output: Piece, key: (i) => i.sku, keys: (i) => [i.sku] });
    expect([odd.kind, numeric.kind, both.kind]).toEqual(['command', 'query', 'query']);
  });
});

describe('a step of a saga', () => {
  it('calls a query or command with an input of its kind', () => {
    // @ts-expect-error -- a process is no step
    call<Piece, typeof shelf, 'move'>(shelf, 'move', { input: (state) => state });
    // @ts-expect-error -- the quantity is missing
    call<Piece, typeof shelf, 'take'>(shelf, 'take', { input: ({ sku }) => ({ sku }) });
    expect(call<Piece, typeof shelf, 'take'>(shelf, 'take', { input: (state) => state }).name).toBe(
      'shelf.take',
    );
  });
});

describe('an undo', () => {
  const operations = (undo: string) => ({
    look: query({ input: BySku, output: Piece }),
    take: command({ input: Piece, output: Piece, undo }),
    giveBack: command({ input: BySku, output: Piece }),
  });

  it('names a command of the same contract', () => {
    expect(() =>
      contract('shelf', { ownership: 'by-key', operations: operations('giveBack') }),
    ).not.toThrow();
  });

  it.each(['look', 'putBack', 'toString', ''])('that names "%s" stops the start', (undo) => {
    expect(() => contract('shelf', { ownership: 'by-key', operations: operations(undo) })).toThrow(
      `shelf.take: its undo "${undo}" is no command of this contract`,
    );
  });
});

describe('a result, of a command with an effect outside', () => {
  const shape = { input: Piece, output: Piece, key: 'sku' } as const;
  const operations = (change: object, ofResult: object = {}) => ({
    look: query({ input: BySku, output: Piece }),
    take: command({ ...shape, errors: ['sold_out'], undo: 'giveBack', result: 'taken', ...change }),
    taken: command({ ...shape, errors: ['sold_out'], ...ofResult }),
    giveBack: command({ input: BySku, output: Piece, key: 'sku' }),
  });
  const declare = (...changes: [object, object?]) =>
    contract('shelf', { ownership: 'by-key', operations: operations(...changes) });

  it('is a command of the same contract, which answers in its place', () => {
    expect(() => declare({})).not.toThrow();
  });

  it.each<[string, [object, object?], string]>([
    ['is no command', [{ result: 'look' }], 'its result "look" is no plain command of this contract'],
    ['is itself', [{ result: 'take' }], 'its result "take" is no plain command of this contract'],
    ['is not there', [{ result: 'toString' }], 'its result "toString" is no plain command of this contract'],
    ['answers something else', [{}, { output: BySku }], 'its result "taken" answers something else'],
    [
      'is refused as the command cannot be',
      [{}, { errors: ['gone'] }],
      'its result can end with "gone", which it does not declare',
    ],
    [
      'may refuse what was done',
      [{ undo: undefined }],
      'its result may refuse an effect that was made: declare undo',
    ],
  ])('that %s stops the start', (_what, changes, problem) => {
    expect(() => declare(...changes)).toThrow(`shelf.take: ${problem}`);
  });

  it('has a call: one without the other stops the start', () => {
    const of = declare({});
    const nothing = { run: () => Promise.reject(new Error('none')) };
    expect(() => new Executor(of, {}, {} as never, nothing)).toThrow(
      'shelf.take: an external call and a result belong together',
    );
  });
});

describe('a command over several keys', () => {
  class Pieces {
    @List(() => Piece) pieces: Piece[];
  }
  const shape = { input: Pieces, output: Pieces };
  const parts = {
    keys: (i: Pieces) => i.pieces.map(({ sku }) => sku),
    pick: ({ pieces }: Pieces, keys: readonly string[]) => ({
      pieces: pieces.filter(({ sku }) => keys.includes(sku)),
    }),
    merge: (_input: Pieces, outputs: readonly Pieces[]) => ({ pieces: outputs.flatMap((o) => o.pieces) }),
  };
  const giveBack = command({ ...shape, ...parts });

  it('says how it falls into parts, and how it is taken back if it can be refused', () => {
    const take = command({ ...shape, ...parts, errors: ['sold_out'], undo: 'giveBack' });
    expect(() => contract('shelf', { ownership: 'by-key', operations: { take, giveBack } })).not.toThrow();
  });

  it('that does not, does not compile, and stops the start', () => {
    // @ts-expect-error -- `pick` and `merge` are missing
    const take = command({ ...shape, keys: parts.keys });
    expect(() => contract('shelf', { ownership: 'by-key', operations: { take } })).toThrow(
      'shelf.take: its keys can have different owners: declare pick and merge',
    );
    const refused = command({ ...shape, ...parts, errors: ['sold_out'] });
    expect(() => contract('shelf', { ownership: 'by-key', operations: { refused } })).toThrow(
      'shelf.refused: one part of it may be refused when another is done: declare undo',
    );
  });

  it('is of a query that falls into parts, or that any copy answers; and not of a process, which has one owner', () => {
    const { keys } = parts;
    const of = (operation: Operation) => () =>
      contract('shelf', { ownership: 'by-key', operations: { operation } });
    expect(of(query({ ...shape, keys }))).toThrow(
      "its keys can have different owners: declare pick and merge, or reads: 'any'",
    );
    expect(of(query({ ...shape, ...parts, errors: ['sold_out'] }))).not.toThrow();
    expect(of(query({ ...shape, keys, reads: 'any' }))).not.toThrow();
    expect(of(process({ ...shape, keys }))).toThrow('a process has one owner: give it one key');
  });
});

it.each(['not_owner', 'moving', 'unproven', 'partly_done'] as const)(
  '%s is no error that a contract can declare',
  (code) => {
    const operations = { look: query({ input: BySku, output: Piece, errors: [code] }) };
    expect(() => contract('shelf', { ownership: 'by-key', operations })).toThrow(
      `shelf.look: "${code}" is a code of the toolkit's own`,
    );
  },
);
