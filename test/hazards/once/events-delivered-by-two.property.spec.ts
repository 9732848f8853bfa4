import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import fc from 'fast-check';
import { EventLog } from '#strangler/calls/events/event-log';
import { ModuleLane } from '#strangler/calls/events/module-lane';
import { Subscribers } from '#strangler/calls/events/subscribers';
import { Router } from '#strangler/calls/router';
import { Database } from '#strangler/database/database';
import { StranglerModule } from 'nestjs-strangler';
import { UnavailableError } from 'nestjs-strangler/contract';
import pg from 'pg';
import { ClicksAndTally, clicks, clicksDatabase, tally } from '../../support/clicks.js';
import type { TestDatabase } from '../../support/postgres.js';

/*
 * One process of a side delivers, by a lock. That is for the sake of work, and of nothing else: a process that was stopped with events in hand
 * (SIGSTOP, a virtual machine that is moved) loses its lock, another one takes over, and the first one goes on with what it has read:
 *
 *   A  has read events 1 and 2, and stands still
 *   B  calls for 1, 2 and 3, and writes down that all are handled
 *   A  calls for 1 and 2, late and behind 3; writes down 2
 *
 * So here are as many deliverers at a time as can be. The subscriber counts, and notes what comes out of order.
 */
const [subscriber] = new Subscribers([clicks, tally]).modulesOf('clicks');
const names = ['a', 'b', 'c'];

let database: TestDatabase;
let leader: pg.Client;
let app: INestApplicationContext;
let pool: Database;
let log: EventLog;

@Module({})
class App {}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await clicksDatabase('monolith');
  pool = new Database(database.url);
  log = new EventLog(pool, 'clicks');
  // The application itself delivers nothing.
  leader = new pg.Client({ connectionString: database.url });
  await leader.connect();
  await leader.query(`select pg_advisory_lock(strangler.event_lock(), hashtext('clicks'))`);
  const root = StranglerModule.forRoot({
    side: 'monolith',
    contracts: [clicks, tally],
    database: database.url,
  });
  const module = { module: App, imports: [root, ClicksAndTally] };
  app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
});
beforeEach(() => empty());
afterAll(async () => {
  await app.close();
  await Promise.all([leader.end(), pool.close()]);
  await database.drop();
});

const empty = (): Promise<unknown> =>
  database.query(
    `truncate clicks.clicked, clicks.event, clicks.event_stream, clicks.event_cursor, tally.heard, tally.idempotency`,
  );
const click = (name: string) => app.get(Router).port(clicks).click({ name });
async function tell(...told: string[]): Promise<void> {
  for (const name of told) await click(name);
}
const counted = async () =>
  Object.fromEntries(
    (
      await database.query<{ name: string; n: number; late: number }>(
        'select name, n, out_of_order as late from tally.heard order by name',
      )
    ).map(({ name, n, late }) => [name, { n, late }]),
  );
const cursors = async () =>
  Object.fromEntries(
    (
      await database.query<{ key: string; seq: number }>(
        'select routing_key as key, seq::int from clicks.event_cursor',
      )
    ).map(({ key, seq }) => [key, seq]),
  );

/** A process that delivers, and can be stopped or killed before a call and behind it. */
class Deliverer {
  private readonly lane: ModuleLane;
  private gate: Promise<void> | undefined;
  private open: () => void = () => undefined;
  private hears = true;
  private away = false;
  /** What it has called for. */
  private readonly calls: Promise<unknown>[] = [];

  /** `together`: events are handled many at a time, where that can be. */
  constructor(together = true) {
    const router = app.get(Router);
    this.lane = new ModuleLane(
      { log, subscriber: subscriber!, stored: () => Promise.resolve(), moved: () => undefined },
      {
        isTransactional: (operation, input) => together && router.isTransactional(operation, input),
        together: (module, commands) => this.through(() => router.together(module, commands)),
        call: (operation, input, options) => this.through(() => router.call(operation, input, options)),
      },
    );
  }

  /** Delivers what is due now, to the end. */
  async deliver(): Promise<void> {
    await this.goOn();
    while (await this.lane.fill()) await this.lane.idle();
  }

  /** Reads what is due, and stands still before it calls anybody. */
  async stop(): Promise<void> {
    this.gate ??= new Promise((resolve) => (this.open = resolve));
    await this.lane.fill();
  }

  /** `away`: what it calls now cannot be reached. */
  async goOn(away?: 'away'): Promise<void> {
    this.away = away !== undefined;
    this.open();
    this.gate = undefined;
    await this.lane.idle();
  }

  /** Its calls have their effect, and it dies before it hears so. */
  async dieUnheard(): Promise<void> {
    this.hears = false;
    this.open();
    await this.lane.fill();
    for (let known = -1; known < this.calls.length;) {
      known = this.calls.length;
      await Promise.allSettled(this.calls);
    }
  }

  private async through<T>(call: () => Promise<T>): Promise<T> {
    await this.gate;
    if (this.away) throw new UnavailableError('tally', 'away');
    const calling = call();
    this.calls.push(calling);
    return this.hears ? calling : new Promise(() => undefined);
  }
}

describe.each([
  ['many at a time', true],
  ['one by one', false],
])('%s', (_how, together) => {
  it('two deliver the same keys at once: one effect each, in order', async () => {
    await tell(...Array.from({ length: 60 }, (_, n) => names[n % 3]!));
    await Promise.all([1, 2, 3].map(() => new Deliverer(together).deliver()));
    for (const name of names) expect((await counted())[name]).toEqual({ n: 20, late: 0 });
    expect(await cursors()).toEqual({ a: 20, b: 20, c: 20 });
  });

  it('one that was stopped goes on when others have done more: nothing comes twice, or late, and no cursor goes back', async () => {
    await tell('a', 'a', 'b');
    const [stopped, next] = [new Deliverer(together), new Deliverer(together)];
    await stopped.stop();
    await next.deliver();
    await tell('a', 'a');
    await next.deliver();
    expect(await counted()).toEqual({ a: { n: 4, late: 0 }, b: { n: 1, late: 0 } });
    await stopped.goOn();
    expect(await counted()).toEqual({ a: { n: 4, late: 0 }, b: { n: 1, late: 0 } });
    expect(await cursors()).toEqual({ a: 4, b: 1 });
  });

  it('its subscriber has done it, and it dies before it hears so: the next one finds it done', async () => {
    await tell('a', 'a');
    await new Deliverer(together).dieUnheard();
    // One by one it never comes to the second.
    expect((await counted())['a']).toEqual({ n: together ? 2 : 1, late: 0 });
    expect(await cursors()).toEqual({ a: 0 });
    await new Deliverer(together).deliver();
    expect(await counted()).toEqual({ a: { n: 2, late: 0 } });
    expect(await cursors()).toEqual({ a: 2 });
  });

  it('one that was stopped fails with what another one has handled: that is not said of the key', async () => {
    await tell('a', 'a');
    const [stopped, next] = [new Deliverer(together), new Deliverer(together)];
    await stopped.stop();
    await next.deliver();
    await stopped.goOn('away');
    const cursor = 'select seq::int, error, tries, due_at from clicks.event_cursor';
    expect(await database.query(cursor)).toEqual([{ seq: 2, error: null, tries: 0, due_at: null }]);
  });
});

const turn = fc.record({
  tells: fc.array(fc.constantFrom(...names), { maxLength: 4 }),
  who: fc.nat(2),
  does: fc.constantFrom('deliver', 'all at once', 'stop', 'goOn', 'die', 'dieUnheard'),
});

it('whoever delivers, stops, goes on late or dies, in any order: each event has one effect, in the order of its key', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(turn, { minLength: 3, maxLength: 12 }),
      fc.boolean(),
      async (turns, together) => {
        await empty();
        const told: Record<string, number> = {};
        const all = names.map(() => new Deliverer(together));
        for (const { tells, who, does } of turns) {
          await tell(...tells);
          for (const name of tells) told[name] = (told[name] ?? 0) + 1;
          const one = all[who]!;
          if (does === 'all at once') await Promise.all(names.map(() => new Deliverer(together).deliver()));
          else if (does === 'die') await one.stop();
          else await one[does]();
          if (does === 'die' || does === 'dieUnheard') all[who] = new Deliverer(together);
        }
        await new Deliverer(together).deliver();
        // And whoever was stopped wakes up last.
        for (const one of all) await one.goOn();
        const expected = Object.entries(told).map(([name, n]) => [name, { n, late: 0 }]);
        expect(await counted()).toEqual(Object.fromEntries(expected));
        expect(await cursors()).toEqual(told);
      },
    ),
    { numRuns: 20 },
  );
});
