import { command, contract, event, Maybe, query, subscription } from 'nestjs-strangler/contract';
import type { Contract } from 'nestjs-strangler/contract';
import { Sku } from '#contracts';
import { Executor, type Handler } from '#strangler/calls/executor';
import { LocalModules } from '#strangler/calls/local-modules';
import { Router } from '#strangler/calls/router';
import { prepare } from '#strangler/contract/operation';
import { withContext } from '#strangler/database/context';
import { IsInt, IsString } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { startNats, type TestNats } from '../../support/nats.js';
import { callGuarded, serveToy, untilUp, type GuardedCaller, type ToyService } from '../../support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../support/toy.js';
import { writeDown } from '../../support/toy-executor.js';

/*
 *     copies of one service, in one queue group       callers
 *     of the release before (N−1)                     of N−1
 *     of this one (N): an optional field, an          of N
 *     operation and a subscription more
 *
 * Who is asked, NATS decides. A copy of N−1 refuses a field that it does not know, for it could not do what is asked; that is no fault of the caller's
 * customer, and another copy may do it.
 */
class Ask {
  @Sku() name: string;
}
class AskNow extends Ask {
  @Maybe() @IsString() colour?: string | null;
}
class Answer {
  @Sku() name: string;
  @IsInt() release: number;
}
class AnswerNow extends Answer {
  @Maybe() @IsString() colour?: string | null;
}

const grown = event('toy.grown', { data: Ask, key: 'name' });
const grownNow = event('toy.grown', { data: AskNow, key: 'name' });
const shrunk = event('toy.shrunk', { data: AskNow, key: 'name' });

const before = contract('toy', {
  ownership: 'by-key',
  operations: {
    look: query({ input: Ask, output: Answer, key: 'name' }),
    put: command({ input: Ask, output: Answer, errors: ['too_many'], key: 'name' }),
    grown: subscription(grown, { key: ({ name }) => name }),
  },
  events: [grown],
});
const now = contract('toy', {
  ownership: 'by-key',
  operations: {
    look: query({ input: AskNow, output: AnswerNow, key: 'name' }),
    put: command({ input: AskNow, output: AnswerNow, errors: ['too_many'], key: 'name' }),
    paint: command({ input: AskNow, output: AnswerNow, key: 'name' }),
    grown: subscription(grownNow, { key: ({ name }) => name }),
    shrunk: subscription(shrunk, { key: ({ name }) => name }),
  },
  events: [grownNow, shrunk],
});

let nats: TestNats;
let database: ToyDatabase;
let caller: GuardedCaller;
let router: Router;
const copies: ToyService[] = [];

/** What a copy of a release has heard. */
const heard: [release: number, input: unknown][] = [];

async function serve(of: Contract, release: number): Promise<void> {
  const answer: Handler = (input) => Promise.resolve({ ...(input as AskNow), release });
  const record: Handler = async (input) => {
    heard.push([release, input]);
    await writeDown(database.dataSource, `${release} ${(input as AskNow).name}`);
    return { ...(input as AskNow), release };
  };
  const handlers = Object.fromEntries(
    Object.keys(of.operations).map((name) => [name, name === 'look' ? answer : record]),
  );
  const noProcesses = { run: () => Promise.reject(new Error('it has none')) };
  copies.push(await serveToy(nats, new Executor(of, handlers, database.dataSource, noProcesses)));
}

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
  caller = callGuarded(nats);
  router = new Router(caller.routes, new LocalModules('monolith'), caller.guarded);
  await untilUp(caller.link);
});
afterEach(async () => {
  await Promise.all(copies.splice(0).map((copy) => copy.close()));
  heard.length = 0;
  await database.query('truncate toy.effect, toy.idempotency');
});
afterAll(async () => {
  await caller.close();
  await Promise.all([nats.stop(), database.drop()]);
});

const many = <T>(ask: (n: number) => Promise<T>) => Promise.all(Array.from({ length: 30 }, (_, n) => ask(n)));
const releasesIn = (answers: readonly { release: number }[]) =>
  [...new Set(answers.map(({ release }) => release))].sort();
const tell = (of: Contract, operation: string, input: object, commandId: string = randomUUID()) =>
  withContext({ requestId: '-', servedBy: new Map(), caller: { program: 'monolith', as: 'module' } }, () =>
    router.call(prepare(of).get(operation)!, input, { commandId }),
  );

describe('one of each', () => {
  beforeEach(async () => {
    await serve(before, 1);
    await serve(now, 2);
  });

  it('callers of both are answered by both, as long as nothing new is asked', async () => {
    for (const each of [before, now]) {
      const port = router.port(each as typeof before);
      expect(releasesIn(await many((n) => port.look({ name: `A-${n}` })))).toEqual([1, 2]);
      expect(releasesIn(await many((n) => port.put({ name: `${each === now ? 'N' : 'B'}-${n}` })))).toEqual([
        1, 2,
      ]);
    }
    expect(await database.effects()).toHaveLength(60);
  });

  it('a field that one does not know is answered by the other, each time and once', async () => {
    const port = router.port(now);
    const looked = await many((n) => port.look({ name: `A-${n}`, colour: 'red' }));
    expect(looked.every(({ release, colour }) => release === 2 && colour === 'red')).toBe(true);
    expect(releasesIn(await many((n) => port.put({ name: `A-${n}`, colour: 'red' })))).toEqual([2]);
    expect(await database.effects()).toHaveLength(30);
    // No side has failed.
    expect(caller.guarded.figures()).toEqual([expect.objectContaining({ breaker: 'closed' })]);
  });

  it('an operation that one does not have is asked of the other alone', async () => {
    expect(releasesIn(await many((n) => router.port(now).paint({ name: `A-${n}` })))).toEqual([2]);
  });

  it('a command that comes again to the other one has one effect, and the first answer', async () => {
    for (const each of [before, now]) {
      const port = router.port(each as typeof before);
      const commandId = randomUUID();
      const answers = await many(() => port.put({ name: 'A' }, { commandId }));
      expect(releasesIn(answers)).toHaveLength(1);
    }
    expect(await database.effects()).toHaveLength(2);
  });

  it('what the caller itself knows to be wrong is refused at once', async () => {
    const refused = router.port(now).look({ name: 'A', colour: 7 as never });
    await expect(refused).rejects.toMatchObject({ code: 'validation_failed' });
  });

  it('an event of this release is understood by both, each with the fields that it knows', async () => {
    await many((n) => tell(now, 'grown', { name: `A-${n}`, colour: 'red' }));
    expect(new Set(heard.map(([release]) => release))).toEqual(new Set([1, 2]));
    for (const [release, input] of heard)
      expect(input).toEqual({
        name: expect.stringMatching(/^A-/),
        ...(release === 2 && { colour: 'red' }),
      });
    expect(await database.effects()).toHaveLength(30);
  });

  it('an event of the one before is understood by both, and one that is new comes to whoever waits for it', async () => {
    await many((n) => tell(before, 'grown', { name: `A-${n}` }));
    expect(new Set(heard.map(([release]) => release))).toEqual(new Set([1, 2]));
    heard.length = 0;
    await many((n) => tell(now, 'shrunk', { name: `B-${n}` }));
    expect(heard.map(([release]) => release)).toEqual(Array.from({ length: 30 }, () => 2));
  });
});

it('where none of this release is there, who asks something new is told so, and nothing is done', async () => {
  await serve(before, 1);
  const asked = router.port(now).put({ name: 'A', colour: 'red' });
  await expect(asked).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/a service of toy of another release does not take this: .*colour/),
  });
  await expect(router.port(now).paint({ name: 'A' })).rejects.toMatchObject({ code: 'unavailable' });
  expect(await database.effects()).toEqual([]);
  // And when it is there, it is asked again.
  await serve(now, 2);
  expect(await router.port(now).put({ name: 'A', colour: 'red' })).toMatchObject({ release: 2 });
});
