import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  ClicksAndTally,
  clicks,
  clicksDatabase,
  listener,
  tally,
} from '../../../../../test/support/clicks.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { currentContext, withContext } from '../../database/context.js';
import { StranglerModule } from '../../nest/strangler.module.js';
import { LocalModules } from '../local-modules.js';
import { Router } from '../router.js';

/* In one process, without NATS: what a module tells is heard once, in order. */

let database: TestDatabase;
let app: INestApplicationContext;
const contracts = [clicks, tally];

@Module({})
class App {}

async function start(): Promise<INestApplicationContext> {
  const imports = [
    StranglerModule.forRoot({ side: 'monolith', contracts, database: database.url }),
    ClicksAndTally,
  ];
  return NestFactory.createApplicationContext(
    { module: App, imports },
    { logger: false, abortOnError: false },
  );
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await clicksDatabase('monolith');
  app = await start();
});
afterEach(() => void (listener.before = () => undefined));
afterAll(async () => {
  await app.close();
  await database.drop();
});

const click = (name: string) => app.get(Router).port(clicks).click({ name });
const heard = (name: string) => app.get(Router).port(tally).heard({ name });
const untilHeard = (name: string, n: number) =>
  until(`${n} of ${name} are heard`, async () => ((await heard(name)).n === n ? true : undefined));

it('each is heard once, those of a key in their order', async () => {
  const names = ['a', 'b', 'c'];
  await Promise.all(Array.from({ length: 60 }, (_, i) => click(names[i % 3]!)));
  await Promise.all(names.map((name) => untilHeard(name, 20)));
  for (const name of names) expect(await heard(name)).toEqual({ name, n: 20, outOfOrder: 0 });
});

it('what a transaction takes back was never told', async () => {
  // It fails when all is written, what it has told as well.
  await database.query(`
    create function clicks.refuse() returns trigger language plpgsql as 'begin raise exception ''not this one''; end';
    create constraint trigger refuse after insert on clicks.clicked deferrable initially deferred
      for each row when (new.name = 'back') execute function clicks.refuse()`);
  await expect(click('back')).rejects.toMatchObject({ code: 'internal' });
  await database.query('drop function clicks.refuse() cascade');
  expect(await database.query(`select from clicks.event where routing_key = 'back'`)).toEqual([]);
  await click('back');
  await untilHeard('back', 1);
  expect(await database.query(`select seq::int, data from clicks.event where routing_key = 'back'`)).toEqual([
    { seq: 1, data: { name: 'back', n: 1 } },
  ]);
});

it('who fails is called again, holds its key alone, and nothing overtakes', async () => {
  let failures = 3;
  listener.before = ({ name, n }) => {
    if (name === 'd' && n === 2 && failures-- > 0) throw new Error('not now');
  };
  for (let i = 0; i < 5; i++) await click('d');
  await click('e');
  await untilHeard('e', 1);
  await untilHeard('d', 5);
  expect(await heard('d')).toEqual({ name: 'd', n: 5, outOfOrder: 0 });
  expect(failures).toBe(-1);
});

it('those that are handled together are one transaction: none is done when one of them fails', async () => {
  listener.before = ({ name }) => (name === 'i' ? Promise.reject(new Error('not now')) : undefined);
  for (let i = 0; i < 5; i++) await click('i');
  let failures = 1;
  listener.before = ({ name, n }) => {
    if (name === 'i' && n === 3 && failures-- > 0) throw new Error('not now');
  };
  await until('all are behind the fault', () => (failures < 0 ? true : undefined));
  await untilHeard('i', 5);
  expect(await heard('i')).toEqual({ name: 'i', n: 5, outOfOrder: 0 });
});

it('an event of a later release, which says more, is heard', async () => {
  const first = jest.fn(() => Promise.reject(new Error('not now')));
  listener.before = first;
  await click('g');
  await until('it is tried', () => (first.mock.calls.length > 0 ? true : undefined));
  const said = `update clicks.event set data = '{"name": "g", "n": 1, "by": "ann"}' where routing_key = 'g'`;
  await database.query(said);
  listener.before = () => undefined;
  await untilHeard('g', 1);
});

it('and so it is by an executor that it comes to as it was told', async () => {
  const executor = app.get(LocalModules).executor('tally');
  await executor.execute('clicked', { name: 'h', n: 1, by: 'ann' });
  expect(await heard('h')).toEqual({ name: 'h', n: 1, outOfOrder: 0 });
  await expect(executor.execute('heard', { name: 'h', by: 'ann' })).rejects.toMatchObject({
    code: 'validation_failed',
  });
});

describe('in a program that makes spans', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  beforeAll(() => provider.register());
  afterAll(() => {
    trace.disable();
    context.disable();
    return provider.shutdown();
  });
  const handled = () =>
    exporter.getFinishedSpans().filter(({ name }) => name === 'handle clicks.clicked by tally');

  it.each([
    ['one by one', 1],
    ['many at a time', 5],
  ])('what a subscriber does, %s, is in the trace of who has told it', async (_how, times) => {
    exporter.reset();
    const name = `traced ${times}`;
    // All of them wait for the first, so that they are handled together then.
    listener.before = (event) => (event.name === name ? Promise.reject(new Error('not now')) : undefined);
    const traces = Array.from({ length: times }, (_, i) => `${i}`.repeat(31) + 'a');
    for (const traceId of traces) {
      const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
      await withContext({ requestId: `r-${traceId}`, traceparent, servedBy: new Map() }, () => click(name));
    }
    const inside: (string | undefined)[] = [];
    listener.before = (event) => {
      if (event.name === name) inside.push(currentContext()?.requestId);
    };
    await untilHeard(name, times);
    const good = await until('all spans have ended', () => {
      const found = handled().filter(({ status }) => status.code !== SpanStatusCode.ERROR);
      return found.length >= times ? found : undefined;
    });
    expect(good.map((span) => span.spanContext().traceId).sort()).toEqual(traces);
    expect(good.every(({ parentSpanContext }) => parentSpanContext !== undefined)).toBe(true);
    expect(inside.slice(-times)).toEqual(traces.map((traceId) => `r-${traceId}`));
  });
});

it('what was told while nobody delivered is heard at the next start', async () => {
  listener.before = () => Promise.reject(new Error('not now'));
  await click('f');
  await app.close();
  listener.before = () => undefined;
  app = await start();
  await untilHeard('f', 1);
});
