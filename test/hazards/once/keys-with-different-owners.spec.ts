import { OutcomeUnknownError, UnavailableError } from 'nestjs-strangler/contract';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { undoIdOf } from '#strangler/calls/idempotency';
import { refusal } from '../../support/failure.js';
import { toy } from '../../support/toy.js';
import { half, nameOf, ToySides, type Delivery } from '../../support/toy-sides.js';
import { until } from '../../support/until.js';

/*
 * The keys of one command belong to different sides. It is carried out in parts, each in its owner's transaction; together
 * they must come to all or nothing, once, however often the caller tries and wherever the keys are by then.
 */
let both: ToySides;

beforeAll(async () => (both = await ToySides.open()));
beforeEach(() => jest.spyOn(Logger.prototype, 'error').mockReturnValue());
afterEach(async () => {
  jest.restoreAllMocks();
  Object.assign(both.monolith.handlers, sound.monolith);
  Object.assign(both.extracted.handlers, sound.extracted);
  await both.reset();
});
afterAll(() => both.drop());

let sound: Record<'monolith' | 'extracted', ToySides['monolith']['handlers']>;
beforeAll(() => {
  sound = { monolith: { ...both.monolith.handlers }, extracted: { ...both.extracted.handlers } };
});

const near = nameOf('monolith');
const far = nameOf('extracted');
const input = {
  items: [
    { name: far, amount: 1 },
    { name: near, amount: 2 },
  ],
};
const tooMany = () => Promise.reject(toy.error('putAll', 'too_many', { most: 1 }));
const lostReply: Delivery = async (deliver) => {
  await deliver();
  throw new OutcomeUnknownError('toy', 'putAll', 'c');
};
const neverCame: Delivery = () => Promise.reject(new OutcomeUnknownError('toy', 'putAll', 'c'));
const unreachable: Delivery = () => Promise.reject(new UnavailableError('toy', 'nobody there'));

it('each owner does its part, and the answer is one, in the order of the input', async () => {
  expect(await both.port.putAll(input)).toEqual(input);
  expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`], extracted: [`ALL ${far}`] });
});

it('the same again under its id: the same answer, and nothing is done', async () => {
  const commandId = randomUUID();
  await both.port.putAll(input, { commandId });
  expect(await both.port.putAll(input, { commandId })).toEqual(input);
  expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`], extracted: [`ALL ${far}`] });
});

it.each(['monolith', 'extracted'] as const)(
  'the part of %s is refused: the other one is taken back, and the caller hears why',
  async (side) => {
    both[side].handlers.putAll = tooMany;
    expect(await refusal(both.port.putAll(input))).toEqual({ code: 'too_many', data: { most: 1 } });
    const done = { monolith: [`ALL ${near}`, `NONE ${near}`], extracted: [`ALL ${far}`, `NONE ${far}`] };
    expect(await both.effects()).toEqual({ ...done, [side]: [] });
  },
);

it('both parts are refused: there is nothing to take back', async () => {
  both.monolith.handlers.putAll = tooMany;
  both.extracted.handlers.putAll = tooMany;
  expect(await refusal(both.port.putAll(input))).toMatchObject({ code: 'too_many' });
  expect(await both.effects()).toEqual({ monolith: [], extracted: [] });
});

it('a part is refused, and the other one gives no answer: it is taken back, done or not, and refused when it comes late', async () => {
  both.monolith.handlers.putAll = tooMany;
  let late: () => Promise<unknown> = () => Promise.resolve();
  both.deliveries.set('putAll', [
    (deliver) => {
      late = deliver;
      return neverCame(deliver);
    },
  ]);
  expect(await refusal(both.port.putAll(input))).toMatchObject({ code: 'too_many' });
  expect(await refusal(late())).toMatchObject({ code: 'command_undone' });
  expect(await both.effects()).toEqual({ monolith: [], extracted: [`NONE ${far}`] });
});

it('a part that cannot be taken back: the outcome is unknown; the same again ends as it should', async () => {
  both.monolith.handlers.putAll = tooMany;
  both.deliveries.set('takeAll', [unreachable]);
  const commandId = randomUUID();
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'outcome_unknown' });
  expect(await both.effects()).toEqual({ monolith: [], extracted: [`ALL ${far}`] });
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'command_undone' });
  expect(await both.effects()).toEqual({ monolith: [], extracted: [`ALL ${far}`, `NONE ${far}`] });
});

describe('a query of several keys', () => {
  const seenBy = () => {
    const seen: Record<string, string[]> = { monolith: [], extracted: [] };
    for (const side of ['monolith', 'extracted'] as const)
      both[side].handlers.lookAll = (asked) => {
        seen[side]!.push(...(asked as typeof input).items.map(({ name }) => name));
        return Promise.resolve(asked);
      };
    return seen;
  };

  it('asks each owner for its part, and puts the answers together in the order of the input', async () => {
    const seen = seenBy();
    expect(await both.port.lookAll(input)).toEqual(input);
    expect(seen).toEqual({ monolith: [near], extracted: [far] });
  });

  it('whose part cannot be reached is unavailable, never of an unknown outcome: nothing was to be done', async () => {
    both.deliveries.set('lookAll', [unreachable]);
    expect(await refusal(both.port.lookAll(input))).toMatchObject({ code: 'unavailable' });
  });

  it('is told of a part that is refused', async () => {
    both.extracted.handlers.lookAll = () => Promise.reject(toy.error('lookAll', 'not_found'));
    expect(await refusal(both.port.lookAll(input))).toMatchObject({ code: 'not_found' });
  });
});

describe('a part that is not known to be done', () => {
  it.each([
    ['gives no answer', lostReply],
    ['gives no answer, and never came', neverCame],
    ['cannot be reached', unreachable],
  ])(
    '%s: the outcome is unknown, nothing is taken back, and the same again does the rest',
    async (_what, way) => {
      both.deliveries.set('putAll', [way]);
      const commandId = randomUUID();
      expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({
        code: 'outcome_unknown',
      });
      expect((await both.effects()).monolith).toEqual([`ALL ${near}`]);
      expect(await both.port.putAll(input, { commandId })).toEqual(input);
      expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`], extracted: [`ALL ${far}`] });
    },
  );

  it.each([0, 10_000])('its key moves before the same comes again (border %p): done once', async (border) => {
    both.deliveries.set('putAll', [lostReply]);
    const commandId = randomUUID();
    await refusal(both.port.putAll(input, { commandId }));
    await both.move(border);
    expect(await both.port.putAll(input, { commandId })).toEqual(input);
    expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`], extracted: [`ALL ${far}`] });
  });

  it('never came, its key moves, and now it is refused: the part that is done is taken back', async () => {
    both.deliveries.set('putAll', [neverCame]);
    const commandId = randomUUID();
    await refusal(both.port.putAll(input, { commandId }));
    await both.move(0);
    both.believe(0);
    both.monolith.handlers.putAll = tooMany;
    expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'too_many' });
    expect(await both.effects()).toEqual({
      monolith: [`ALL ${near}`, `NONE ${near}`],
      extracted: [],
    });
  });
});

it('an earlier try has done a part, whose key is being handed off when the other one is refused: it is taken back', async () => {
  both.deliveries.set('putAll', [neverCame]);
  const commandId = randomUUID();
  await refusal(both.port.putAll(input, { commandId }));
  await both.own('monolith', { fence_from: half, fence_to: 10_000 });
  both.extracted.handlers.putAll = tooMany;
  const refresh = jest.spyOn(both.routes, 'refresh');
  const calling = refusal(both.port.putAll(input, { commandId }));
  await until('it waits', () => refresh.mock.calls.length > 1 || undefined);
  await both.own('monolith', { fence_from: null, fence_to: null });
  expect(await calling).toMatchObject({ code: 'too_many' });
  expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`, `NONE ${near}`], extracted: [] });
});

it('an earlier try has done a part, whose side cannot be reached when the other one is refused: unknown, until it is taken back', async () => {
  both.monolith.handlers.putAll = () => Promise.reject(new Error('broken'));
  const commandId = randomUUID();
  await refusal(both.port.putAll(input, { commandId }));
  both.monolith.handlers.putAll = tooMany;
  both.deliveries.set('putAll', [unreachable]);
  both.deliveries.set('takeAll', [unreachable]);
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'outcome_unknown' });
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'command_undone' });
  expect(await both.effects()).toEqual({ monolith: [], extracted: [`ALL ${far}`, `NONE ${far}`] });
});

it('an id that stood for another command: refused, and that one stays as it is', async () => {
  const commandId = randomUUID();
  await both.port.putAll(input, { commandId });
  const other = { items: [input.items[0]!, { name: near, amount: 9 }] };
  expect(await refusal(both.port.putAll(other, { commandId }))).toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`], extracted: [`ALL ${far}`] });
});

it('the router knows an old border: each key is found, and all is done once', async () => {
  for (const belief of [0, half, 10_000]) {
    both.believe(belief);
    expect(await both.port.putAll(input)).toEqual(input);
  }
  const three = (name: string) => Array.from({ length: 3 }, () => `ALL ${name}`);
  expect(await both.effects()).toEqual({ monolith: three(near), extracted: three(far) });
});

it('one key is being handed off: the other part is done once, and the caller waits', async () => {
  await both.own('monolith', { fence_from: 0, fence_to: 10_000 });
  const refresh = jest.spyOn(both.routes, 'refresh');
  const calling = both.port.putAll(input);
  await until('it waits', () => refresh.mock.calls.length > 1 || undefined);
  await both.own('monolith', { fence_from: null, fence_to: null });
  expect(await calling).toEqual(input);
  expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`], extracted: [`ALL ${far}`] });
});

it('taken back before it came, in parts: refused on each side', async () => {
  const commandId = randomUUID();
  await both.port.takeAll(input, { commandId: undoIdOf(commandId), undoOf: commandId });
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'command_undone' });
  expect(await both.effects()).toEqual({ monolith: [`NONE ${near}`], extracted: [`NONE ${far}`] });
});

it('taken back for one key, and done for another one of the same owner: that one is taken back too', async () => {
  const commandId = randomUUID();
  const [done, gone] = [near, nameOf('monolith', 1)].map((name) => ({ name, amount: 1 }));
  await both.port.putAll({ items: [done!] }, { commandId });
  await both.port.takeAll({ items: [gone!] }, { commandId: randomUUID(), undoOf: commandId });
  const again = both.port.putAll({ items: [done!, gone!] }, { commandId });
  expect(await refusal(again)).toMatchObject({ code: 'command_undone' });
  expect((await both.effects()).monolith).toEqual([`ALL ${near}`, `NONE ${gone!.name}`, `NONE ${near}`]);
});
