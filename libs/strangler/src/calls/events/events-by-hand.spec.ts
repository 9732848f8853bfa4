import { randomUUID } from 'node:crypto';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClicksAndTally,
  clicks,
  clicksDatabase,
  listener,
  tally,
} from '../../../../../test/support/clicks.js';
import { quiet as noEvidence } from '../../../../../test/support/controlled.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { Controller } from '../../control/controller.js';
import type { ControlNeeds } from '../../control/reconcile/needs.js';
import { RefusedError } from '../../control/terms/refused.js';
import { Database } from '../../database/database.js';
import { StranglerModule } from '../../nest/strangler.module.js';
import { Agents } from '../../sides/agents.js';
import type { SideAgent } from '../../sides/agent.js';
import type { ReplayStep } from '../../sides/event-control.js';
import { OwnerSteps } from '../../sides/owner-steps.js';
import type { LocalSide } from '../../sides/side.js';
import { Router } from '../router.js';

/* What a person sees of events, and does about them, on one side. */

let database: TestDatabase;
let app: INestApplicationContext;
let publisher: SideAgent;
let view: LocalSide;

@Module({})
class App {}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await clicksDatabase('monolith');
  const root = StranglerModule.forRoot({
    side: 'monolith',
    contracts: [clicks, tally],
    database: database.url,
  });
  const module = { module: App, imports: [root, ClicksAndTally] };
  app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  publisher = app.get(Agents).of('clicks')!;
  view = app.get(Agents).of('tally')!;
});
afterEach(() => void (listener.before = () => undefined));
afterAll(async () => {
  await app.close();
  await database.drop();
});

const click = (name: string) => app.get(Router).port(clicks).click({ name });
const heard = async (name: string) => (await app.get(Router).port(tally).heard({ name })).n;
const untilHeard = (name: string, n: number) =>
  until(`${n} of ${name} are heard`, async () => ((await heard(name)) === n ? true : undefined));
const statesOf = async (key: string) =>
  (await publisher.events({ key, limit: 10 })).map(({ seq, state }) => [seq, state]);
const lag = async () => (await publisher.eventLags())[0]!;

/** Nothing is put off for long: a test does not wait for the next try. */
const hurry = () =>
  database.query('update clicks.event_cursor set due_at = least(due_at, clock_timestamp()) where tries > 0');

async function poison(name: string): Promise<void> {
  listener.before = (event) => {
    if (event.name === name && event.n === 1) throw new Error('poison');
  };
  await click(name);
  await until(`the first of ${name} has failed`, async () => {
    await hurry();
    return (await publisher.events({ key: name, state: 'failed', limit: 1 })).length === 1 ? true : undefined;
  });
}

describe('a poison event', () => {
  it('is held alone, and shown with what is the matter', async () => {
    await poison('a');
    await click('a');
    await click('b');
    await untilHeard('b', 1);
    expect(await heard('a')).toBe(0);
    expect(await statesOf('a')).toEqual([
      [2, 'published'],
      [1, 'failed'],
    ]);
    expect(await statesOf('b')).toEqual([[1, 'completed']]);
    const [failed] = await publisher.events({ state: 'failed', limit: 10 });
    expect(failed).toMatchObject({
      ...{ module: 'clicks', type: 'clicks.clicked', key: 'a', seq: 1, subscriber: 'tally' },
      ...{ tries: 10, failures: 10, error: 'internal: something went wrong here', retryInMs: null },
      data: { name: 'a', n: 1 },
    });
    expect(await lag()).toMatchObject({ subscriber: 'tally', waiting: 2, failed: 1, replayMs: null });
    expect((await lag()).oldestMs).toBeGreaterThan(0);
  });

  it('is sent again, once its subscriber is mended: all follows', async () => {
    const what = { how: 'resubmit', subscriber: 'tally', key: 'a' } as const;
    expect(await publisher.repairEvent({ ...what, seq: 2 })).toBe(false);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    listener.before = ({ name }) => (name === 'a' ? held : undefined);
    expect(await publisher.repairEvent({ ...what, seq: 1 })).toBe(true);
    expect(await statesOf('a')).toEqual([
      [2, 'published'],
      [1, 'resubmitted'],
    ]);
    expect((await publisher.events({ state: 'resubmitted', limit: 10 })).map(({ seq }) => seq)).toEqual([1]);
    release();
    await untilHeard('a', 2);
    await until('nothing waits', async () => ((await lag()).waiting === 0 ? true : undefined));
    expect(await statesOf('a')).toEqual([
      [2, 'completed'],
      [1, 'completed'],
    ]);
    expect(await lag()).toMatchObject({ waiting: 0, failed: 0, oldestMs: null });
  });

  it('is put away: those behind it are handled', async () => {
    await poison('c');
    await click('c');
    const what = { how: 'discard', subscriber: 'tally', key: 'c' } as const;
    expect(await publisher.repairEvent({ ...what, seq: 2 })).toBe(false);
    expect(await publisher.repairEvent({ ...what, seq: 1 })).toBe(true);
    await untilHeard('c', 1);
    expect(await publisher.repairEvent({ ...what, seq: 1 })).toBe(false);
  });
});

it('one that is being handled is in process, and so is one that will be tried again by itself', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let tries = 0;
  listener.before = ({ name }) => {
    if (name !== 'p') return undefined;
    if (++tries === 1) throw new Error('not now');
    return held;
  };
  await click('p');
  await until('it has failed once, and is tried again', () => (tries > 1 ? true : undefined));
  await click('p');
  expect(await publisher.events({ key: 'p', limit: 5 })).toMatchObject([
    { seq: 2, state: 'published', tries: 0, error: null },
    {
      seq: 1,
      state: 'processing',
      tries: 1,
      failures: 1,
      error: expect.stringContaining('internal') as string,
    },
  ]);
  expect((await publisher.events({ state: 'processing', limit: 5 })).map(({ key }) => key)).toEqual(['p']);
  release();
  await untilHeard('p', 2);
});

it('what is asked for is what is shown', async () => {
  await click('d');
  await untilHeard('d', 1);
  const [first] = await publisher.events({ key: 'd', limit: 5 });
  expect(await publisher.events({ id: first!.id, limit: 5 })).toMatchObject([{ key: 'd' }]);
  const none = [
    { type: 'clicks.other' },
    { subscriber: 'nobody' },
    { state: 'failed' as const },
    { since: new Date(Date.now() + 60_000).toISOString() },
    { until: first!.at },
  ];
  for (const question of none)
    expect(await publisher.events({ key: 'd', limit: 5, ...question })).toEqual([]);
  expect(await publisher.events({ limit: 2 })).toHaveLength(2);
});

describe('a view that is built anew', () => {
  const ann = randomUUID();
  const step = (which: ReplayStep['step'], id = ann) =>
    publisher.replay({ subscriber: 'tally', id, step: which });
  const quiet = (id = ann) =>
    until('what was begun is done', async () => ((await step('quiet', id)) ? true : undefined));

  it('counts each event once: those in hand, those told meanwhile, and keys that were not known before', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let begun = (): void => undefined;
    const called = new Promise<void>((resolve) => (begun = resolve));
    listener.before = ({ name }) => {
      if (name !== 'e') return undefined;
      begun();
      return held;
    };
    await click('e');
    await called;
    await step('hold');
    await Promise.all([click('d'), click('f')]);
    expect(await step('quiet')).toBe(false);
    release();
    await quiet();
    expect(await heard('f')).toBe(0);
    expect((await lag()).replayMs).toBeGreaterThanOrEqual(0);
    await view.emptyView({ publisher: 'clicks' });
    expect(await heard('e')).toBe(0);
    await step('restart');
    await Promise.all([untilHeard('e', 1), untilHeard('f', 1), untilHeard('d', 2), untilHeard('b', 1)]);
    await click('f');
    await untilHeard('f', 2);
  });

  it('is done once more from the start, after whoever was at it has gone away in the middle; what he does late is refused', async () => {
    const bob = randomUUID();
    await step('hold');
    await quiet();
    await view.emptyView({ publisher: 'clicks' });
    expect(await step('hold', bob)).toBe(false);
    await database.query(`update strangler.event_replay set began_at = began_at - interval '3 min'`);
    expect(await step('hold', bob)).toBe(true);
    for (const late of ['quiet', 'restart', 'release'] as const)
      await expect(step(late)).rejects.toThrow('was taken over, or has ended');
    await quiet(bob);
    await view.emptyView({ publisher: 'clicks' });
    await step('restart', bob);
    await expect(step('restart', bob)).rejects.toThrow('was taken over, or has ended');
    await Promise.all([untilHeard('e', 1), untilHeard('f', 2), untilHeard('d', 2)]);
  });

  it('it is given up before the view was emptied: all goes on', async () => {
    await step('hold');
    await click('f');
    expect(await publisher.check()).toContainEqual(expect.stringContaining('being sent to tally again'));
    await step('release');
    await untilHeard('f', 3);
    expect(await publisher.check()).not.toContainEqual(expect.stringContaining('being sent'));
  });

  describe('meanwhile no key changes its owner', () => {
    const ownership = async () => (await publisher.state()).ownership;
    const range = { from: 0, to: 10 };
    const refusal = 'being sent to tally again';

    it('whose replay was begun before', async () => {
      const { epoch } = await ownership();
      await step('hold');
      await expect(publisher.fence({ epoch, ...range })).rejects.toThrow(refusal);
      expect((await ownership()).fenceTo).toBeNull();
      await step('release');
    });

    it('whose replay is begun after the fence', async () => {
      const { epoch } = await ownership();
      await publisher.fence({ epoch, ...range });
      await expect(step('hold')).rejects.toThrow('does not own all of clicks');
      await publisher.raise({ epoch: epoch + 1, to: epoch + 2 });
      expect(await publisher.check()).not.toContainEqual(expect.stringContaining('being sent'));
    });

    it('whose replay is begun between the look for one and the fence; it has lost then, and the next one brings it to its end', async () => {
      const { epoch } = await ownership();
      const bob = randomUUID();

      const { fence } = OwnerSteps.prototype;
      jest.spyOn(OwnerSteps.prototype, 'fence').mockImplementationOnce(async function (
        this: OwnerSteps,
        how,
      ) {
        expect(await step('hold')).toBe(true);
        return fence.call(this, how);
      });
      await expect(publisher.fence({ epoch, ...range })).rejects.toThrow(refusal);
      await publisher.raise({ epoch: epoch + 1, to: epoch + 2 });
      await expect(step('quiet')).rejects.toThrow('was taken over, or has ended');
      await view.emptyView({ publisher: 'clicks' });
      await click('f');
      expect((await lag()).replayMs).toBeGreaterThanOrEqual(0);
      expect(await step('hold', bob)).toBe(true);
      await quiet(bob);
      // The view may be empty, as here it is.
      expect(await step('release', bob)).toBe(false);
      expect(await step('hold', bob)).toBe(true);
      await quiet(bob);
      await view.emptyView({ publisher: 'clicks' });
      await step('restart', bob);
      await Promise.all([untilHeard('e', 1), untilHeard('f', 4), untilHeard('d', 2)]);
      expect((await lag()).replayMs).toBeNull();
    });
  });
});

describe('an operator', () => {
  let own: Database;
  let controller: Controller;
  const by = { actor: 'ann', dryRun: false };
  const replay = (from?: string) =>
    controller.operator.act(
      'clicks',
      { verb: 'replay', subscriber: 'tally', ...(from !== undefined && { from }) },
      by,
    );

  beforeAll(async () => {
    own = new Database(database.url);
    const needs = {
      modules: [clicks, tally].map(({ name }) => ({ module: name, ownership: 'by-key' as const })),
      sides: (module: string) => ({ monolith: app.get(Agents).of(module)!, extracted: {} }),
      evidence: async () => ({ ...noEvidence, ageMs: 0 }),
      localUse: async () => [],
      wakesServers: () => true,
    };
    controller = new Controller({ database: own, needs: needs as unknown as ControlNeeds });
    await controller.prepare();
  });
  afterAll(async () => {
    await controller.stop();
    await own.close();
  });

  it('sees what waits for somebody, sends it again, and it stands in the history', async () => {
    await poison('g');
    const { items, subscribers } = await controller.operator.events({ state: 'failed', limit: 10 });
    expect(items).toMatchObject([{ module: 'clicks', key: 'g' }]);
    expect(subscribers).toMatchObject([{ module: 'clicks', subscriber: 'tally', failed: 1 }]);
    const sentence = 'tally has failed for good at events of 1 key of clicks';
    expect((await controller.operator.doctor('clicks')).map(({ problem }) => problem)).toContain(sentence);
    expect((await controller.operator.module('clicks')).notices).toContain(sentence);
    await expect(replay()).rejects.toThrow('resubmit or discard those first');
    listener.before = () => undefined;
    const resubmit = { verb: 'resubmit', event: items[0]!.id, subscriber: 'tally' } as const;
    await controller.operator.act('clicks', resubmit, by);
    await untilHeard('g', 1);
    await until('it is written down', async () =>
      (await statesOf('g'))[0]?.[1] === 'completed' ? true : undefined,
    );
    await expect(controller.operator.act('clicks', resubmit, by)).rejects.toThrow(RefusedError);
    expect(await controller.operator.history('clicks', 2)).toMatchObject([
      {
        action: 'resubmit',
        outcome: 'refused',
        reason: expect.stringContaining('handled already') as string,
      },
      { action: 'resubmit', outcome: 'done', actor: 'ann' },
    ]);
  });

  it('has a view built anew', async () => {
    const { plan } = await replay();
    expect(plan).toContain('empty heard of tally');
    await Promise.all([untilHeard('g', 1), untilHeard('d', 2), untilHeard('f', 4)]);
  });

  it('is refused a replay of what claims would swallow, and of a log that has lost its beginning', async () => {
    jest.spyOn(view, 'viewOf').mockResolvedValueOnce(null);
    await expect(replay()).rejects.toThrow('would handle none of them again: each has its claim');
    await until('all is handled', async () => ((await lag()).waiting === 0 ? true : undefined));
    listener.before = ({ name }) => {
      if (name === 'h') throw new Error('not now');
    };
    await click('h');
    await database.query(`update clicks.event set at = at - interval '20 days'`);
    await until('nothing is left to prune', async () => ((await publisher.prune()) ? true : undefined));
    // What somebody has still to handle is kept, however old it is.
    expect(await database.query('select routing_key as key from clicks.event')).toEqual([{ key: 'h' }]);
    expect((await lag()).oldestMs).toBeGreaterThan(19 * 86_400_000);
    await expect(replay()).rejects.toThrow('has lost what was told before');
    listener.before = () => undefined;
    await untilHeard('h', 1);
  });
});
