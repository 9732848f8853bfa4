import { Logger } from '@nestjs/common';
import type { Deliveries } from '#strangler/engine/replication/deliveries';
import { changesIn } from '#strangler/engine/replication/changes';
import { heldSend, replicas, type HeldSend, type Replicas } from '../../support/replication.js';
import { written } from '../../support/written.js';
import { until } from '../../support/until.js';

/*
 * A module is degraded: writes are answered by one side alone. The other side confirms again. A write that was answered after
 * the relay had read its batch is in none that is confirmed: the module must stay degraded until it is there, else this side
 * dies, the fail-over promises that nothing is missing, and it is.
 */
let both: Replicas;
let way: HeldSend;
let deliveries: Deliveries;

beforeAll(async () => (both = await replicas()));
beforeEach(() => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  way = heldSend(both.extracted.receiver);
  deliveries = both.deliveries();
});
afterEach(async () => {
  await both.reset();
  jest.restoreAllMocks();
});
afterAll(() => both.close());

const longMs = 60_000;
const isDegraded = async () => (await both.monolith.outgoing.outgoing()).degradedSince !== null;

/** Writes a row as a command does; answers what its caller would go by. */
async function answerTo(id: number, deadlineMs = longMs): Promise<string> {
  const ids = await both.monolith.database.transaction(async (q) => {
    await q.query(`insert into fruit.basket values ($1, 'anna')`, [id]);
    const [row] = await q.query<{ ids: string }>(`select current_setting('strangler.outbox') as ids`);
    return changesIn(row!.ids);
  });
  return deliveries.whenStored(await written(both.monolith.database, ids), deadlineMs);
}

/** What has come over, and what is held on its way. */
const arrived = async () => (await both.extracted.rows('basket')).length;
const nextBatch = (after: number) => until('another batch waits', () => way.held[after]);

it('a write answered while the batch that ends it is on its way', async () => {
  expect(await answerTo(1, 20)).toBe('degraded');
  both.relay({ send: way.send, deliveries, degradedAfterMs: longMs, heartbeatMs: 50 });
  const first = await nextBatch(0);
  expect(await answerTo(2)).toBe('degraded');
  await first.deliver();
  const second = await nextBatch(1);
  expect(await arrived()).toBe(1);
  expect(await isDegraded()).toBe(true);
  way.hold = false;
  await second.deliver();
  await until('it is degraded no more', async () => ((await isDegraded()) ? undefined : true));
  expect(await arrived()).toBe(2);
  expect(await answerTo(3)).toBe('stored');
});

it('a write that comes when the mark is over again, before its answer has come: it waits', async () => {
  const { database, test } = both.monolith;
  const query = database.query.bind(database);
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  jest.spyOn(database, 'query').mockImplementation(async (sql, params, how) => {
    const rows = await query<never>(sql, params, how);
    if (sql.includes('insert into strangler.relay')) await held;
    return rows;
  });
  const marking = deliveries.degrade('the other side is silent');
  await until('it is written down', async () => ((await isDegraded()) ? true : undefined));
  await test.query('update strangler.relay set recovering = true');
  const waiting = answerTo(1);
  await until('it is in the outbox', async () =>
    (await both.monolith.outgoing.outgoing()).pending > 0 ? true : undefined,
  );
  answer();
  await marking;
  both.relay({ deliveries, degradedAfterMs: longMs });
  expect(await waiting).toBe('stored');
});

describe('the mark cannot be written', () => {
  const away = (is: boolean) =>
    both.monolith.test.query(
      `alter table strangler.${is ? 'relay' : 'relay_away'} rename to ${is ? 'relay_away' : 'relay'}`,
    );
  let waiting: Promise<string>;

  beforeEach(async () => {
    const tries = jest.spyOn(both.monolith.database, 'query');
    await away(true);
    waiting = answerTo(1, 20);
    waiting.catch(() => undefined);
    const marks = () => tries.mock.calls.filter(([sql]) => sql.includes('insert into strangler.relay'));
    await until('it was tried twice', () => (marks().length > 1 ? true : undefined));
  });

  it('nobody is answered without it', async () => {
    expect(await Promise.race([waiting, Promise.resolve('it waits')])).toBe('it waits');
    await away(false);
    expect(await waiting).toBe('degraded');
    expect(await isDegraded()).toBe(true);
  });

  it('the process ends: what came of the write is not known', async () => {
    await deliveries.close();
    await away(false);
    await expect(waiting).rejects.toThrow('whether the other side has a write of fruit is not known');
  });
});
