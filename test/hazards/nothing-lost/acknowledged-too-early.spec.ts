import { heldSend, replicas, type Replicas } from '../../support/replication.js';
import { written } from '../../support/written.js';
import { until } from '../../support/until.js';
import { UnconfirmedError, type WrittenRows } from '#strangler/database/acknowledger';
import type { Deliveries } from '#strangler/engine/replication/deliveries';
import { changesIn } from '#strangler/engine/replication/changes';

/*
 * With `ack: both` a caller is answered when its own changes are stored on the other side: not before, and not never.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

const longMs = 60_000;

/** Writes a row as a command does. Returns the ids of its changes. */
const write = (id: number, weight = 1): Promise<WrittenRows> =>
  both.monolith.database.transaction(async (q) => {
    await q.query(
      `insert into fruit.basket values ($1, 'anna', 'x', $2) on conflict (id) do update set weight = excluded.weight`,
      [id, weight],
    );
    const [row] = await q.query<{ ids: string }>(`select current_setting('strangler.outbox') as ids`);
    return written(both.monolith.database, changesIn(row!.ids));
  });

async function settled(waiting: Promise<string>): Promise<string | undefined> {
  return Promise.race([waiting, Promise.resolve(undefined)]);
}

describe.each(['in the process of the relay', 'in another process'])('%s', (where) => {
  let deliveries: Deliveries;
  const own = () => (where === 'in another process' ? both.deliveries() : deliveries);
  const relay = (options: Parameters<Replicas['relay']>[0]) => {
    deliveries = both.deliveries();
    return both.relay({ deliveries, degradedAfterMs: longMs, ...options });
  };

  it('waits for exactly these rows', async () => {
    const way = heldSend(both.extracted.receiver);
    relay({ send: way.send });
    const ids = await write(1);
    const waiting = own().whenStored(ids, longMs);
    const batch = await until('a batch waits', () => way.held.at(-1));
    expect(await settled(waiting)).toBeUndefined();
    way.hold = false;
    await batch.deliver();
    expect(await waiting).toBe('stored');
    expect(await both.extracted.rows('basket')).toHaveLength(1);
  });

  it('rows that were stored before anyone asked are stored', async () => {
    relay({});
    const ids = await write(1);
    await both.drained();
    expect(await own().whenStored(ids, longMs)).toBe('stored');
  });

  it('the other side is silent: who waits is let go at once, and so is who comes later', async () => {
    relay({ send: () => new Promise(() => undefined), degradedAfterMs: 200 });
    const waiting = own().whenStored(await write(1), longMs);
    expect(await waiting).toBe('degraded');
    expect(await own().whenStored(await write(2), longMs)).toBe('degraded');
  });

  it('a parked row lets its writer go, and the module is not degraded', async () => {
    await both.extracted.test.query('alter table fruit.basket add constraint light check (weight < 1000)');
    relay({});
    expect(await own().whenStored(await write(1, 5_000), longMs)).toBe('degraded');
    expect((await both.monolith.outgoing.outgoing()).degradedSince).toBeNull();
    await both.extracted.test.query('alter table fruit.basket drop constraint light');
  });
});

it('nobody relays: the deadline passes, and the module is degraded until somebody does', async () => {
  const deliveries = both.deliveries();
  expect(await deliveries.whenStored(await write(1), 50)).toBe('degraded');
  expect((await both.monolith.outgoing.outgoing()).reason).toBe('a write was not stored there within 50 ms');
  both.relay({ degradedAfterMs: longMs });
  await both.drained();
  await until('it is degraded no more', async () =>
    (await both.monolith.outgoing.outgoing()).degradedSince ? undefined : true,
  );
  expect(await deliveries.whenStored(await write(2), longMs)).toBe('stored');
});

describe('what was written on one start of the server', () => {
  const otherStarts = ['1999-01-01T00:00:00.000000Z', '2999-01-01T00:00:00.000000Z'];

  it.each(otherStarts)(
    'is not known on another one (%s): an absent row says nothing, for the database may have been put back',
    async (start) => {
      both.relay({ degradedAfterMs: longMs });
      const { ids } = await write(1);
      await both.drained();
      await expect(both.deliveries().whenStored({ ids, start }, longMs)).rejects.toThrow(UnconfirmedError);
    },
  );

  it.each(otherStarts)(
    'is not what the relay tells of another one (%s), before or meanwhile',
    async (other) => {
      const deliveries = both.deliveries();
      const { ids, start } = await write(1);
      deliveries.stored(ids, other);
      const waiting = deliveries.whenStored({ ids, start }, longMs);
      deliveries.stored(ids, other);
      expect(await settled(waiting)).toBeUndefined();
      // Nobody relays: the row waits in the outbox, and only the relay's word lets its writer go. The clock may have been set back.
      deliveries.stored(ids, start);
      expect(await waiting).toBe('stored');
      expect(await deliveries.whenStored({ ids, start }, longMs)).toBe('stored');
    },
  );
});
