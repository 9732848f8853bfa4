import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { refusal } from '../../support/failure.js';
import { toy } from '../../support/toy.js';
import { nameOf, ToySides, type Delivery } from '../../support/toy-sides.js';
import { until } from '../../support/until.js';

/*
 * Two tries of one split command, keys A and B at different owners. The first one does A, and its B is refused (the shelf is empty). The shelf
 * is filled. The second one finds A done and does B. If the first one takes A back all the same, who is answered success has half
 * of it. So the row of B at its owner decides, for there is only one: done by the second try, or cancelled by the first.
 */
let both: ToySides;
let sound: Record<'monolith' | 'extracted', ToySides['monolith']['handlers']>;

beforeAll(async () => {
  both = await ToySides.open();
  sound = { monolith: { ...both.monolith.handlers }, extracted: { ...both.extracted.handlers } };
});
beforeEach(() => jest.spyOn(Logger.prototype, 'error').mockReturnValue());
afterEach(async () => {
  jest.restoreAllMocks();
  Object.assign(both.monolith.handlers, sound.monolith);
  Object.assign(both.extracted.handlers, sound.extracted);
  await both.reset();
});
afterAll(() => both.drop());

const near = nameOf('monolith');
const far = nameOf('extracted');
const input = { items: [{ name: far }, { name: near }] };
const tooMany = () => Promise.reject(toy.error('putAll', 'too_many', { most: 0 }));

/** Refused by this side the first time, and taken from then on. */
function emptyAtFirst(side: 'monolith' | 'extracted'): void {
  const { putAll } = sound[side];
  let calls = 0;
  both[side].handlers.putAll = (asked) => (calls++ === 0 ? tooMany() : putAll(asked));
}

/** Holds what is done on a side, one operation, from when it is reached until it is let go. */
function hold(side: 'monolith' | 'extracted', held: 'putAll' | 'takeAll', cancel: boolean) {
  const { executor } = both[side];
  const execute = executor.execute.bind(executor);
  let reached = false;
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  jest.spyOn(executor, 'execute').mockImplementation(async (name, raw, commandId, how) => {
    if (!reached && name === held && (how?.cancel ?? false) === cancel) {
      reached = true;
      await gate;
    }
    return execute(name, raw, commandId, how);
  });
  return { reached: () => until('it is held', () => reached || undefined), letGo: () => letGo() };
}

const done = { monolith: [`ALL ${near}`], extracted: [`ALL ${far}`] };
const sides = [
  { refusing: 'monolith', refused: near, doing: 'extracted', taken: far },
  { refusing: 'extracted', refused: far, doing: 'monolith', taken: near },
] as const;

describe.each(sides)('$refusing refuses its part', ({ refusing, refused, doing, taken }) => {
  it('and it is decided: the other try is refused too, while what was done is being taken back', async () => {
    emptyAtFirst(refusing);
    const undoing = hold(doing, 'takeAll', false);
    const commandId = randomUUID();
    const first = refusal(both.port.putAll(input, { commandId }));
    await undoing.reached();
    const second = refusal(both.port.putAll(input, { commandId }));
    undoing.letGo();
    expect(await first).toMatchObject({ code: 'too_many' });
    expect(await second).toMatchObject({ code: 'command_undone' });
    expect(await both.effects()).toEqual({ [refusing]: [], [doing]: [`ALL ${taken}`, `NONE ${taken}`] });
  });

  it('and the other try does it before that is decided: both are answered that all is done', async () => {
    emptyAtFirst(refusing);
    const deciding = hold(refusing, 'putAll', true);
    const commandId = randomUUID();
    const first = both.port.putAll(input, { commandId });
    await deciding.reached();
    expect(await both.port.putAll(input, { commandId })).toEqual(input);
    deciding.letGo();
    expect(await first).toEqual(input);
    expect(await both.effects()).toEqual(done);
  });

  it.each([0, 10_000])(
    'and all keys move to one owner (border %p), which does the rest at once: both are answered that all is done',
    async (border) => {
      emptyAtFirst(refusing);
      const deciding = hold(refusing, 'putAll', true);
      const commandId = randomUUID();
      const first = both.port.putAll(input, { commandId });
      await deciding.reached();
      await both.move(border);
      both.believe(border);
      expect(await both.port.putAll(input, { commandId })).toEqual(input);
      deciding.letGo();
      expect(await first).toEqual(input);
      const { monolith, extracted } = await both.effects();
      expect([...monolith, ...extracted].sort()).toEqual([`ALL ${far}`, `ALL ${near}`].sort());
    },
  );

  it.each([0, 10_000])(
    'and it is decided, and all keys move to one owner (border %p): the decision has moved too',
    async (border) => {
      emptyAtFirst(refusing);
      const undoing = hold(doing, 'takeAll', false);
      const commandId = randomUUID();
      const first = refusal(both.port.putAll(input, { commandId }));
      await undoing.reached();
      await both.move(border);
      both.believe(border);
      expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'command_undone' });
      undoing.letGo();
      expect(await first).toMatchObject({ code: 'too_many' });
      const { monolith, extracted } = await both.effects();
      expect([...monolith, ...extracted].sort()).toEqual([`ALL ${taken}`, `NONE ${taken}`]);
      expect(await both[refusing].database.effects()).not.toContain(`ALL ${refused}`);
    },
  );

  it('and its router dies when that is decided: who comes again takes back what was done', async () => {
    emptyAtFirst(refusing);
    const { executor } = both[doing];
    const execute = executor.execute.bind(executor);
    const dead = jest
      .spyOn(executor, 'execute')
      .mockImplementation((name, ...rest) =>
        name === 'takeAll' ? Promise.reject(new Error('dead')) : execute(name, ...rest),
      );
    const commandId = randomUUID();
    expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'outcome_unknown' });
    dead.mockRestore();
    expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'command_undone' });
    expect(await both.effects()).toEqual({ [refusing]: [], [doing]: [`ALL ${taken}`, `NONE ${taken}`] });
  });

  it('and its router dies before that is decided: nothing is taken back, and who comes again ends it', async () => {
    emptyAtFirst(refusing);
    const { executor } = both[refusing];
    const execute = executor.execute.bind(executor);
    const dead = jest
      .spyOn(executor, 'execute')
      .mockImplementation((name, raw, commandId, how) =>
        how?.cancel ? Promise.reject(new Error('dead')) : execute(name, raw, commandId, how),
      );
    const commandId = randomUUID();
    expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'outcome_unknown' });
    dead.mockRestore();
    expect(await both.port.putAll(input, { commandId })).toEqual(input);
    expect(await both.effects()).toEqual(done);
  });
});

it('the answer to the decision is lost: unknown, nothing is taken back; the same again finds it and follows', async () => {
  emptyAtFirst('extracted');
  const refused: Delivery = (deliver) => deliver();
  const lost: Delivery = async (deliver) => {
    await deliver().catch(() => undefined);
    throw new Error('lost');
  };
  both.deliveries.set('putAll', [refused, lost]);
  const commandId = randomUUID();
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'outcome_unknown' });
  expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`], extracted: [] });
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'command_undone' });
  expect(await both.effects()).toEqual({ monolith: [`ALL ${near}`, `NONE ${near}`], extracted: [] });
});

it('nothing was done elsewhere: nothing is decided, and the same may come again', async () => {
  emptyAtFirst('monolith');
  emptyAtFirst('extracted');
  const commandId = randomUUID();
  expect(await refusal(both.port.putAll(input, { commandId }))).toMatchObject({ code: 'too_many' });
  expect(await both.port.putAll(input, { commandId })).toEqual(input);
});
