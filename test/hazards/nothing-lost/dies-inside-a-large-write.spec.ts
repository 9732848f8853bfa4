import { Logger } from '@nestjs/common';
import { NatsLink } from '#strangler/nats/link';
import { headers } from '@nats-io/transport-node';
import { sendTo, serveReplication } from '#strangler/sides/transport';
import { startNats, type TestNats } from '../../support/nats.js';
import { heldSend, replicas, type Replicas } from '../../support/replication.js';
import { untilUp } from '../../support/rpc.js';
import { until } from '../../support/until.js';

/*
 * A transaction changes more rows than are usually sent at once, among them the claim of its command. Its side dies for good when
 * some of them are over. Were they stored there: whoever sends the command again is told that it is done, and half of it is not.
 * So the copy holds all of a transaction or nothing, or the module is degraded, and then nobody is promised anything.
 */
let both: Replicas;
const links: NatsLink[] = [];

beforeAll(async () => (both = await replicas()));
beforeEach(() => jest.spyOn(Logger.prototype, 'warn').mockReturnValue());
afterEach(async () => {
  await both.reset();
  jest.restoreAllMocks();
});
afterAll(() => both.close());

/** One transaction: all rows of this weight. */
const write = (rows: number, weight: number, content = 'x') =>
  both.monolith.database.query(
    `insert into fruit.basket select i, 'owner ' || i, $3, $2 from generate_series(1, $1::int) i
     on conflict (id) do update set weight = excluded.weight`,
    [rows, weight, content],
  );

/** What stands in the copy: how many rows of which weight. */
const copy = async () => {
  const rows = await both.extracted.database.query<{ is: string }>(
    `select count(*) || ' of weight ' || weight as is from fruit.basket group by weight order by weight`,
  );
  return rows.map(({ is }) => is).join(', ') || 'nothing';
};
const degradedFor = async () => {
  const { degradedSince, reason } = await both.monolith.outgoing.outgoing();
  return degradedSince && reason;
};

it('more rows than a batch: all of them come at once', async () => {
  const way = heldSend(both.extracted.receiver);
  await write(10, 1);
  both.relay({ send: way.send, batchRows: 2, degradedAfterMs: 60_000 });
  const first = await until('a batch waits', () => way.held[0]);
  await write(10, 2);
  await first.deliver();
  expect(await copy()).toBe('10 of weight 1');
  const second = await until('another batch waits', () => way.held[1]);
  await second.deliver();
  expect(await copy()).toBe('10 of weight 2');
  expect(await degradedFor()).toBeNull();
});

it('many more: the module is degraded before the first part comes, until all is there', async () => {
  const way = heldSend(both.extracted.receiver);
  await write(40, 1);
  both.relay({ send: way.send, batchRows: 2, degradedAfterMs: 60_000, heartbeatMs: 50 });
  const seen: string[] = [];
  for (let at = 0; (await copy()) !== '40 of weight 1'; at++) {
    const batch = await until('a batch waits', () => way.held[at]);
    expect(await degradedFor()).toBe('more changes than one batch carries');
    await batch.deliver();
    seen.push(await copy());
  }
  expect(seen[0]).toBe('16 of weight 1');
  way.hold = false;
  for (const { deliver } of way.held.slice(seen.length)) await deliver();
  await until('it is degraded no more', async () => ((await degradedFor()) === null ? true : undefined));
});

it('the search for a row that cannot be stored: the module is degraded while it goes on', async () => {
  await both.extracted.test.query(
    'alter table fruit.basket add constraint light check (weight < 1000 or id <> 7)',
  );
  const torn: string[] = [];
  await write(10, 5_000);
  both.relay({
    degradedAfterMs: 60_000,
    heartbeatMs: 50,
    send: async (frame) => {
      const reply = await both.extracted.receiver.apply(frame);
      const is = await copy();
      if (is !== 'nothing' && is !== '9 of weight 5000' && (await degradedFor()) === null) torn.push(is);
      return reply;
    },
  });
  await both.drained();
  await until('it is degraded no more', async () => ((await degradedFor()) === null ? true : undefined));
  expect(torn).toEqual([]);
  expect(await copy()).toBe('9 of weight 5000');
  await both.extracted.test.query('alter table fruit.basket drop constraint light');
});

describe('more bytes than a message of NATS carries', () => {
  let nats: TestNats;
  let here: NatsLink;
  let stop: () => void;

  const connected = async () => {
    const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
    links.push(link);
    link.start();
    await untilUp(link);
    return link;
  };

  const subject = async () => here.subjects.replicate(await both.extracted.place());

  beforeAll(async () => {
    jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    nats = await startNats();
    here = await connected();
  });
  afterEach(() => stop());
  afterAll(async () => {
    for (const link of links) await link.close();
    await nats.stop();
  });

  it('all of them come at once, also where several processes receive', async () => {
    const seen = new Set<string>();
    const receive = async (frame: Uint8Array) => {
      const reply = await both.extracted.receiver.apply(frame);
      seen.add(await copy());
      return reply;
    };
    const stops = await Promise.all(
      [1, 2].map(async () =>
        serveReplication(await connected(), await both.extracted.place(), {
          ...both.extracted.receives,
          apply: receive,
        }),
      ),
    );
    stop = () => stops.forEach((each) => each());
    await write(30, 1, 'x'.repeat(100_000));
    both.relay({
      send: sendTo(here, 'fruit', 'extracted'),
      maxPayload: () => here.current!.info!.max_payload,
    });
    await both.drained();
    expect([...seen].at(-1)).toBe('30 of weight 1');
    expect([...seen].filter((is) => is !== 'nothing')).toHaveLength(1);
    expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
  });

  it('the sender is gone before its pieces are fetched: nothing is stored, and the next one sends all', async () => {
    const calls: Uint8Array[] = [];
    stop = serveReplication(await connected(), await both.extracted.place(), {
      ...both.extracted.receives,
      apply: (frame: Uint8Array) => {
        calls.push(frame);
        return both.extracted.receiver.apply(frame);
      },
    });
    const told = headers();
    told.set('Pieces', '3');
    told.set('Pieces-Of', 'gone');
    const reply = await until('somebody receives', async () =>
      here.current!.request(await subject(), '', { timeout: 1_000, headers: told }).catch(() => undefined),
    );
    expect(reply.json()).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('did not come') });
    expect(calls).toEqual([]);
    await write(30, 1, 'x'.repeat(100_000));
    both.relay({
      send: sendTo(here, 'fruit', 'extracted'),
      maxPayload: () => here.current!.info!.max_payload,
    });
    await both.drained();
    expect(await copy()).toBe('30 of weight 1');
  });

  it('a message tells of more pieces than any batch has: they are not fetched', async () => {
    const apply = jest.fn();
    stop = serveReplication(await connected(), await both.extracted.place(), {
      ...both.extracted.receives,
      apply,
    });
    const told = headers();
    told.set('Pieces', '1e9');
    told.set('Pieces-Of', 'huge');
    const reply = await until('somebody receives', async () =>
      here.current!.request(await subject(), '', { timeout: 1_000, headers: told }).catch(() => undefined),
    );
    expect(reply.json()).toMatchObject({ outcome: 'retry' });
    expect(apply).not.toHaveBeenCalled();
  });
});
