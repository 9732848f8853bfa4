import { contract } from '../contract/contract.js';
import { event } from '../contract/event.js';
import { command, query, self, type Who } from '../contract/operation-kinds.js';
import { subscription } from '../contract/subscription.js';
import { Id } from '../contract/fields.js';
import fc from 'fast-check';
import { listedIn, refusalOf } from './may-ask.js';
import { type Caller } from '../contract/caller.js';

class Stock {
  @Id() orderId: string;
}

const owner = self((input: unknown) => (input as { userId: string }).userId);
const asked = (who: Who<unknown>) => ({ module: 'stock', name: 'look', who });
const ann = { userId: 'ann' };
const may = (who: Who<unknown>, caller: Caller) =>
  refusalOf(
    asked(who),
    () => ann,
    caller,
    () => true,
  ) === null;
const client = (id?: string, role = 'user'): Caller => ({
  ...{ program: 'gateway', as: 'client' },
  actor: id === undefined ? undefined : { id, role, version: 1 },
});
const working = (id?: string): Caller => ({ ...client(id), program: 'desk', as: 'module' });

const askers = {
  nobody: client(),
  ann: client('ann'),
  ben: client('ben'),
  viewer: client('vic', 'viewer'),
  admin: client('ada', 'admin'),
  'a module for ann': working('ann'),
  'a module for ben': working('ben'),
  'a module for nobody': working(),
  'a program for itself': { program: 'desk', as: 'itself' } as Caller,
};
const all = Object.keys(askers);
const inside = ['a module for nobody', 'a program for itself'];

it.each<[string, Who<unknown>, string[]]>([
  ['anyone', 'anyone', all],
  ['the user whom it concerns', owner, ['ann', 'admin', 'a module for ann', ...inside]],
  ['a viewer', 'viewer', ['viewer', 'admin', ...inside]],
  ['an admin', 'admin', ['admin', ...inside]],
  ['modules', 'internal', ['a module for ann', 'a module for ben', ...inside]],
])('what is open to %s is had by these, and by nobody else', (_what, who, those) => {
  expect(Object.entries(askers).flatMap(([name, caller]) => (may(who, caller) ? [name] : []))).toEqual(those);
});

it('code that does not call such an operation gets it for nobody; the module itself and the monolith are no others', () => {
  const by = (program: string) =>
    refusalOf(
      asked('anyone'),
      () => ann,
      { program, as: 'itself' },
      (name) => name === 'desk',
    );
  expect(['desk', 'stock', 'monolith', 'gateway', 'toString'].map(by)).toEqual([
    null,
    null,
    null,
    'gateway does not call stock.look',
    'toString does not call stock.look',
  ]);
});

it('a role that nobody knows opens no more than none', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom<Who<unknown>>('viewer', 'admin', 'internal', owner),
      (role, who) => {
        fc.pre(role !== 'admin' && role !== 'viewer');
        expect(may(who, client('ben', role))).toBe(false);
      },
    ),
  );
});

it('the input is not looked at for who may not have any', () => {
  const look = () =>
    refusalOf(
      asked('admin'),
      () => {
        throw new Error('looked');
      },
      client('ben'),
      () => true,
    );
  expect(look()).toBe('stock.look takes the role admin');
});

const undone = { input: Stock, output: Stock, key: (i: Stock) => i.orderId };
const stock = contract('stock', {
  ownership: 'by-key',
  operations: {
    look: query({ input: Stock, output: Stock, reads: 'any' }),
    reserve: command({ ...undone, undo: 'release' }),
    release: command(undone),
  },
});

it('who calls a command may take it back', () => {
  const listed = listedIn({ desk: { stock: ['reserve'] } }, stock);
  expect(['look', 'reserve', 'release'].map((name) => listed('desk', name))).toEqual([false, true, true]);
  expect(listed('eve', 'reserve')).toBe(false);
});

it('who tells something calls those who wait for it, and nobody else does', () => {
  const told = event('desk.opened', { data: Stock, key: 'orderId' });
  const waits = contract('stock', {
    ownership: 'by-key',
    operations: { deskOpened: subscription(told, { key: ({ orderId }) => orderId }) },
  });
  const listed = listedIn({ desk: {}, eve: {} }, waits);
  expect(['desk', 'eve', 'des'].map((program) => listed(program, 'deskOpened'))).toEqual([
    true,
    false,
    false,
  ]);
});

it('a command that others may take back than may give it is no contract', () => {
  const operations = {
    reserve: command({ ...undone, undo: 'release', who: 'anyone' }),
    release: command(undone),
  };
  expect(() => contract('stock', { ownership: 'by-key', operations })).toThrow(
    'stock.reserve: its undo "release" is open to others than it is itself: give both the same who',
  );
});
