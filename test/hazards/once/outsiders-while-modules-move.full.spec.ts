import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { twoSides, type TwoSides } from 'nestjs-strangler/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clicks, ClicksModule, clicksDatabase, tally, TallyModule } from '../../support/clicks.js';
import { startNats, type TestNats } from '../../support/nats.js';
import type { TestDatabase } from '../../support/postgres.js';
import { pause, until } from '../../support/until.js';

/*
 * Whoever owns the key of an event publishes it to JetStream, and that changes in the middle of traffic:
 *
 *   A  has published event 7, and not yet written down that it has
 *   B  takes the key over, with the cursor at 6, and publishes 7 and 8
 *   A  writes down 7, and is refused
 *
 * And the store is wiped while keys are on their way: which stream has the events of a key stands in its cursor, so the side that has the key
 * by then fills the new one.
 */
jest.setTimeout(400_000);
const names = Array.from({ length: 6 }, (_, i) => `name-${i}`);

let folder: string;
let nats: TestNats;
let databases: { monolith: TestDatabase; extracted: TestDatabase };
let sides: TwoSides;
/** Whether nobody clicks any more. */
let ended = true;
beforeAll(async () => {
  Logger.overrideLogger(false);
  folder = await mkdtemp(join(tmpdir(), 'outsiders-'));
  nats = await startNats('-js', '-sd', join(folder, '0'));
  databases = { monolith: await clicksDatabase('monolith'), extracted: await clicksDatabase('extracted') };
  sides = await twoSides({
    ...{ module: ClicksModule, contracts: [clicks, tally], imports: [TallyModule], patienceMs: 120_000 },
    databases: { monolith: databases.monolith.url, extracted: databases.extracted.url },
    nats: { connection: nats.url, eventStream: { name: 'EVENTS' } },
  });
});
afterEach(() => void (ended = true));
afterAll(async () => {
  await sides.close();
  await Promise.all([databases.monolith.drop(), databases.extracted.drop(), nats.stop()]);
  await rm(folder, { recursive: true });
});

/** Clicks from now on; answers how many of each name there are, once it is told to end. */
function load(): () => Promise<Map<string, number>> {
  ended = false;
  const click = async (name: string) => (await sides.port(clicks).click({ name })).n;
  const all = names.map(async (name) => {
    // Without NATS there is no answer of what is outside.
    for (; !ended; await pause(100)) await click(name).catch(() => undefined);
  });
  return async () => {
    ended = true;
    await Promise.all(all);
    return new Map(await Promise.all(names.map(async (name) => [name, await click(name)] as const)));
  };
}

interface Counted {
  messages: number;
  numbers: Map<string, number[]>;
}

/** What an outsider counts who leaves out the ids that it knows. */
async function counted(): Promise<Counted> {
  const connection = await connect({ servers: nats.url });
  try {
    const { streams } = await jetstreamManager(connection);
    const { state } = await streams.info('EVENTS');
    const known = new Set<string>();
    const numbers = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await streams.getMessage('EVENTS', { seq });
      const { id, subject, data } = message!.json<{ id: string; subject: string; data: { n: number } }>();
      if (known.has(id)) continue;
      known.add(id);
      numbers.get(subject)!.push(data.n);
    }
    return { messages: state.messages, numbers };
  } finally {
    await connection.close();
  }
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

async function expectAll(told: ReadonlyMap<string, number>): Promise<number> {
  const { messages, numbers } = await until('all are in the stream', async () => {
    const now = await counted().catch(() => undefined);
    return now && names.every((name) => now.numbers.get(name)!.length >= told.get(name)!) ? now : undefined;
  });
  for (const name of names) expect(numbers.get(name)).toEqual(upTo(told.get(name)!));
  return messages;
}

it('the publisher moves out and back: each is in the stream, in the order of its key, and hardly any twice', async () => {
  const end = load();
  await sides.goTo('shifting', 50);
  await sides.goTo('extracted');
  await sides.goTo('shifting', 50);
  await sides.goTo('monolith');
  const told = await end();
  const messages = await expectAll(told);
  // Twice only where a key was longer on its way than JetStream knows an id.
  const sum = [...told.values()].reduce((all, n) => all + n, 0);
  expect(messages - sum).toBeLessThan(sum / 10);
});

it('the store is wiped on the way: all is in the new one, in the order of its key', async () => {
  const end = load();
  await sides.goTo('shifting', 50);
  await nats.kill();
  await nats.restart('-js', '-sd', join(folder, '1'));
  await sides.goTo('extracted');
  await nats.kill();
  await nats.restart('-js', '-sd', join(folder, '2'));
  await sides.goTo('monolith');
  await expectAll(await end());
});
