import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { OutcomeUnknownError } from 'nestjs-strangler/contract';
import { refusal } from '../../support/failure.js';
import { ToySides, type Delivery } from '../../support/toy-sides.js';

/*
 * A command over several keys is tried again and again under its id: with some of its keys or all, while the border
 * between the owners moves, the router believes another border, and answers get lost. However its keys are grouped in each
 * try, every key is done once, and every answer is what a single try would have given.
 */
let both: ToySides;

beforeAll(async () => (both = await ToySides.open()));
beforeEach(() => jest.spyOn(Logger.prototype, 'error').mockReturnValue());
afterEach(() => jest.restoreAllMocks());
afterAll(() => both.drop());

const names = Array.from({ length: 8 }, (_, i) => `K-${i}`);
const border = fc.constantFrom(0, 2_000, 5_000, 8_000, 10_000);
const lostReply: Delivery = async (deliver) => {
  await deliver();
  throw new OutcomeUnknownError('toy', 'putAll', 'c');
};

const someNames = fc.shuffledSubarray(names, { minLength: 1 });
const trial = fc.record({
  asked: someNames,
  border,
  belief: border,
  loses: fc.boolean(),
  twice: fc.boolean(),
});

it('is done once for each key, and answered as if at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(trial, { minLength: 1, maxLength: 5 }), async (trials) => {
      await both.reset();
      const commandId = randomUUID();
      const touched = new Set<string>();
      for (const { asked, border: to, belief, loses, twice } of trials) {
        await both.move(to);
        both.believe(belief);
        both.deliveries.set('putAll', loses ? [lostReply] : []);
        const input = { items: asked.map((name) => ({ name, text: `for ${name}` })) };
        const calls = twice ? [1, 2] : [1];
        const ended = await Promise.allSettled(calls.map(() => both.port.putAll(input, { commandId })));
        for (const end of ended) {
          if (end.status === 'fulfilled') expect(end.value).toEqual(input);
          else
            expect(await refusal(Promise.reject(end.reason as Error))).toMatchObject({
              code: 'outcome_unknown',
            });
        }
        both.deliveries.clear();
        expect(await both.port.putAll(input, { commandId })).toEqual(input);
        for (const name of asked) touched.add(name);
      }
      const { monolith, extracted } = await both.effects();
      const done = [...monolith, ...extracted].flatMap((what) => what.split(' ').slice(1));
      expect(done.sort()).toEqual([...touched].sort());
    }),
    { numRuns: 25 },
  );
});

it('taken back for some of its keys: those are refused for good, in every group; the others are done once', async () => {
  await fc.assert(
    fc.asyncProperty(someNames, someNames, border, border, async (undone, asked, from, to) => {
      await both.reset();
      await both.move(from);
      const commandId = randomUUID();
      const itemsOf = (list: string[]) => ({ items: list.map((name) => ({ name })) });
      await both.port.takeAll(itemsOf(undone), { commandId: randomUUID(), undoOf: commandId });
      await both.move(to);
      const refused = asked.some((name) => undone.includes(name));
      const calling = both.port.putAll(itemsOf(asked), { commandId });
      if (refused) expect(await refusal(calling)).toMatchObject({ code: 'command_undone' });
      else expect(await calling).toEqual(itemsOf(asked));
      const { monolith, extracted } = await both.effects();
      const effects = [...monolith, ...extracted].map((what) => what.split(' '));
      const times = (verb: string, name: string) =>
        effects.filter(([what, ...list]) => what === verb && list.includes(name)).length;
      for (const name of asked) {
        expect(times('ALL', name)).toBeLessThanOrEqual(1);
        // What was done beside a refused part has been taken back; so may be what never came.
        expect(times('ALL', name) > times('NONE', name)).toBe(!refused);
      }
    }),
    { numRuns: 25 },
  );
});
