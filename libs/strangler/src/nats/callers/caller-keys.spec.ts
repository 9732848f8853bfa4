import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import { randomUUID } from 'node:crypto';
import type { Member } from '../../routes/member.js';
import { routeOf } from '../../routes/routes.js';
import type { Caller } from '../../contract/caller.js';
import { CallerKeys, type CallerKey } from './caller-keys.js';
import { newPrivateKey, publicKeyOf } from './caller-token.js';

const member: Member = { shop: 'm', database: 'm', since: null, modules: [] };
const table = { stock: { ...routeOf('extracted'), databases: { monolith: 'm', extracted: 's' } } };
const standing = { member, table };
const ann: Caller = { program: 'gateway', as: 'client', actor: { id: 'ann', role: 'user', version: 3 } };

/** Keys of a program whose database is that, and its public half. */
function keysOf(program: string, database: string): { keys: CallerKeys; entry: CallerKey } {
  const keys = new CallerKeys();
  const entry = {
    ...keys.hold({ kid: randomUUID(), privateKey: newPrivateKey() }, program),
    program,
    database,
    allSign: true,
  };
  keys.learn([entry]);
  return { keys, entry };
}

let gateway: ReturnType<typeof keysOf>;
let stock: CallerKeys;

beforeEach(() => {
  Logger.overrideLogger(false);
  gateway = keysOf('gateway', 'g');
  stock = new CallerKeys();
  stock.learn([gateway.entry]);
});

const heard = async (token: string | undefined, database = 'g', module = 'stock') =>
  stock.callerOf(token, { database }, module, standing);
/** Without a signature that has to be looked at. */
const heardAtOnce = (token: string) => stock.callerOf(token, { database: 'g' }, 'stock', standing);
const tokenOf = (caller: Caller | undefined = ann, keys = gateway.keys, module = 'stock') =>
  keys.tokenFor(module, member, caller)!;
const wrong = (what: string) => expect.objectContaining({ message: expect.stringContaining(what) });

it('who calls arrives as it was said, also who calls for himself', async () => {
  expect(await heard(tokenOf())).toEqual(ann);
  const itself = gateway.keys.tokenFor('stock', member, undefined);
  expect(await heard(itself)).toEqual({ program: 'gateway', as: 'itself' });
});

it('it is a JWT, which another library verifies with the public key', async () => {
  const { payload, protectedHeader } = await jwtVerify(tokenOf(), publicKeyOf(gateway.entry.key), {
    ...{ audience: 'm/stock', algorithms: ['EdDSA'] },
  });
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: gateway.entry.kid });
  expect(payload).toMatchObject({ azp: 'gateway', as: 'client', sub: 'ann', role: 'user', ver: 3 });
});

describe('keys that programs say of themselves', () => {
  let desk: ReturnType<typeof keysOf>;
  beforeEach(() => {
    desk = keysOf('desk', 'd');
    stock = new CallerKeys();
  });

  it('count where nobody else has said any, for that program alone', async () => {
    await expect(heard(tokenOf())).rejects.toEqual(wrong('not known here'));
    stock.hear(gateway.entry);
    expect(await heard(tokenOf())).toEqual(ann);
    stock.hear(desk.entry);
    await expect(heard(tokenOf(ann, desk.keys))).rejects.toEqual(wrong('desk says that it is gateway'));
    const boss = keysOf('monolith', 'm');
    stock.hear(boss.entry);
    await expect(heard(tokenOf(ann, boss.keys))).rejects.toEqual(wrong('not known here'));
  });

  it('make nobody else a liar, whatever ids they have, and however many there are', async () => {
    stock.hear(gateway.entry);
    stock.hear({ ...desk.entry, kid: gateway.entry.kid });
    stock.hear({ ...gateway.entry, program: 'desk' });
    for (let count = 0; count < 100; count++) stock.hear({ ...desk.entry, kid: randomUUID() });
    stock.hear({ ...gateway.entry, program: 'desk' });
    expect(await heard(tokenOf())).toEqual(ann);
  });

  it('count nothing under an id that the monolith has told', async () => {
    stock.learn([gateway.entry]);
    stock.hear({ ...desk.entry, kid: gateway.entry.kid });
    const posing = new CallerKeys();
    posing.hold({ kid: gateway.entry.kid, privateKey: newPrivateKey() }, 'desk');
    posing.wereHeard();
    await expect(heard(tokenOf({ program: 'desk', as: 'module' }, posing))).rejects.toEqual(
      wrong('not signed by its key'),
    );
  });

  it('one that only a service has heard is enough to call', () => {
    const keys = new CallerKeys();
    keys.hold({ kid: randomUUID(), privateKey: newPrivateKey() }, 'gateway');
    const alone = { ...member, database: 'g' };
    expect(() => keys.tokenFor('stock', alone, ann)).toThrow('has not heard the key');
    keys.wereHeard();
    expect(keys.tokenFor('stock', alone, ann)).toBeDefined();
  });
});

it('one token is made for each module and each session; it is renewed before it runs out', () => {
  const first = tokenOf();
  expect(tokenOf({ ...ann })).toBe(first);
  const again = { ...ann, actor: { ...ann.actor!, version: 4 } };
  expect(new Set([first, tokenOf(again), tokenOf(ann, gateway.keys, 'desk')]).size).toBe(3);
  gateway.keys.setTime(gateway.keys.now() + 45_000);
  expect(tokenOf()).not.toBe(first);
});

it('a token is for one module of one shop', async () => {
  await expect(heard(tokenOf(), 'g', 'desk')).rejects.toEqual(wrong('for somebody else'));
  const other = gateway.keys.tokenFor('stock', { ...member, shop: 'n' }, ann);
  await expect(heard(other)).rejects.toEqual(wrong('for somebody else'));
  // Also once it was verified where it is for.
  expect(await heard(tokenOf())).toEqual(ann);
  await expect(heard(tokenOf(), 'g', 'desk')).rejects.toEqual(wrong('for somebody else'));
});

it('a program speaks for itself alone, and the monolith for all', async () => {
  await expect(heard(tokenOf({ program: 'desk', as: 'module' }))).rejects.toEqual(
    wrong('gateway says that it is desk'),
  );
  const { keys, entry } = keysOf('monolith', 'm');
  stock.learn([entry]);
  expect(await heard(tokenOf({ program: 'desk', as: 'module' }, keys))).toEqual({
    program: 'desk',
    as: 'module',
  });
});

it('a token that ran out counts no more, nor one that would count too long; the time is asked for before', async () => {
  const token = tokenOf();
  const asked = jest.fn(async () => undefined);
  stock.onUnknown(asked);
  for (const seconds of [121, -121]) {
    stock.setTime(Date.now() + seconds * 1_000);
    await expect(heard(token)).rejects.toEqual(wrong('do the clocks agree?'));
  }
  expect(asked).toHaveBeenCalledTimes(2);
  stock.onUnknown(async () => stock.setTime(Date.now()));
  expect(await heard(token)).toEqual(ann);
  // What was verified is not believed for longer than it says.
  stock.setTime(Date.now() + 121_000);
  stock.onUnknown(asked);
  await expect(heard(token)).rejects.toEqual(wrong('do the clocks agree?'));
});

it('a key that is not known is asked for, once for all who come with it', async () => {
  stock = new CallerKeys();
  const asked = jest.fn(async () => stock.learn([gateway.entry]));
  await expect(heard(tokenOf())).rejects.toEqual(wrong('is not known here'));
  stock.onUnknown(asked);
  expect(await Promise.all([heard(tokenOf()), heard(tokenOf())])).toEqual([ann, ann]);
  expect(asked).toHaveBeenCalledTimes(1);
});

it('a key that was taken away opens nothing any more, also what was verified by it', async () => {
  expect(await heard(tokenOf())).toEqual(ann);
  stock.learn([]);
  await expect(heard(tokenOf())).rejects.toEqual(wrong('is not known here'));
});

it('a service that starts signs before others can know its key: they may have heard it before it hears of that', async () => {
  const desk = new CallerKeys();
  const held = desk.hold({ kid: randomUUID(), privateKey: newPrivateKey() }, 'desk');
  const moved = {
    member,
    table: { desk: { ...routeOf('extracted'), databases: { monolith: 'm', extracted: 'd' } } },
  };
  const service = { ...member, database: 'd', modules: ['desk'] };
  const call = () => stock.callerOf(desk.tokenFor('stock', service, ann), { database: 'd' }, 'stock', moved);
  expect(await call()).toEqual({ program: 'desk', as: 'itself' });
  stock.learn([gateway.entry, { ...held, program: 'desk', database: 'd', allSign: true }]);
  await expect(call()).rejects.toEqual(wrong('desk says that it is gateway'));
  const own = desk.tokenFor('stock', service, { program: 'desk', as: 'module', actor: ann.actor });
  expect(await stock.callerOf(own, { database: 'd' }, 'stock', moved)).toMatchObject({ actor: ann.actor });
});

it('a program without a module does not call before others can know its key', () => {
  const keys = new CallerKeys();
  keys.hold({ kid: randomUUID(), privateKey: newPrivateKey() }, 'gateway');
  // Unsigned nobody would know this one.
  expect(() => keys.tokenFor('stock', { ...member, database: 'g' }, ann)).toThrow('has not heard the key');
});

describe('a call that is not signed', () => {
  it('is of an older release, where its database has no key yet: the monolith, or a service of the shop', async () => {
    expect(await heard(undefined, 'm')).toEqual({ program: 'monolith', as: 'itself' });
    expect(await heard(undefined, 's')).toEqual({ program: 'stock', as: 'itself' });
  });

  it('is of an older release, where one still runs beside a process that signs', async () => {
    stock.learn([{ ...keysOf('monolith', 'm').entry, allSign: false }]);
    expect(await heard(undefined, 'm')).toEqual({ program: 'monolith', as: 'itself' });
  });

  it('is refused of a database that has a key, and of one that is none of the shop', async () => {
    stock.learn([keysOf('monolith', 'm').entry]);
    for (const database of ['m', 'g', 'elsewhere', 'null', ''])
      await expect(heard(undefined, database)).rejects.toEqual(wrong('it has no token'));
  });

  it('ends no saga beside a process of this release that has just started: it may be tried again, once the others were asked', async () => {
    const { entry } = keysOf('monolith', 'm');
    stock.learn([entry]);
    await expect(heard(undefined, 'm')).rejects.toMatchObject({ code: 'unavailable' });
    stock.onUnknown(async () => stock.learn([{ ...entry, allSign: false }]));
    expect(await heard(undefined, 'm')).toEqual({ program: 'monolith', as: 'itself' });
  });

  it('a database that was put back to before it had a key is taken at its word until the new one is told', async () => {
    const { entry } = keysOf('stock', 's');
    const back = keysOf('stock', 's');
    const call = () => heard(tokenOf({ program: 'stock', as: 'module' }, back.keys), 's');
    stock.learn([]);
    expect(await call()).toEqual({ program: 'stock', as: 'itself' });
    stock.learn([entry]);
    await expect(call()).rejects.toMatchObject({ code: 'unavailable' });
    stock.onUnknown(async () => stock.learn([entry, back.entry]));
    expect(await call()).toEqual({ program: 'stock', as: 'module' });
  });

  it('what was verified stays so when the same keys are told again', async () => {
    const token = tokenOf();
    expect(await heard(token)).toEqual(ann);
    stock.learn([{ ...gateway.entry }]);
    expect(heardAtOnce(token)).toEqual(ann);
  });
});

it('nothing that differs from a token in one character is believed, nor any other text', async () => {
  const token = tokenOf();
  const changed = fc
    .tuple(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.=e'))
    .map(([at, character]) => token.slice(0, at) + character + token.slice(at + 1));
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, fc.string(), fc.base64String()), async (text) => {
      fc.pre(text !== token);
      const caller = await heard(text).catch(() => undefined);
      // The last character of base64url holds bits that say nothing.
      if (caller && text.slice(0, -1) !== token.slice(0, -1)) throw new Error(`${text} is believed`);
    }),
    { numRuns: 300 },
  );
});
