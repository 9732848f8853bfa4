import { Svcm } from '@nats-io/services';
import { connect, headers, NoRespondersError, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { startNats } from '../../../../test/support/nats.js';
import { until } from '../../../../test/support/until.js';
import { natsInProcess } from './nats-in-process.js';

const servers = [
  { name: 'a nats-server', open: () => startNats() },
  {
    name: 'NATS in this process',
    open: () => natsInProcess().then((nats) => ({ ...nats, stop: nats.close })),
  },
];

/* What holds of the one holds of the other: that is all that the one in this process is for. */
describe.each(servers)('$name', ({ open }) => {
  let nats: Awaited<ReturnType<typeof open>>;
  let [a, b]: NatsConnection[] = [];

  beforeAll(async () => {
    nats = await open();
    [a, b] = [await connect({ servers: nats.url }), await connect({ servers: nats.url })];
  });
  afterAll(async () => {
    await Promise.all([a!.close(), b!.close()]);
    await nats.stop();
  });

  /** What a subscription hears. */
  const heardBy = (subject: string, how: { queue?: string; max?: number } = {}) => {
    const heard: string[] = [];
    a!.subscribe(subject, { ...how, callback: (_error, message) => void heard.push(message.subject) });
    return heard;
  };
  /** Everything that was published before has been heard. */
  const settled = async () => {
    await a!.flush();
    await b!.flush();
    await a!.flush();
  };

  it('a pattern hears its subjects, and no others', async () => {
    const [star, rest, one] = [heardBy('p.*.c'), heardBy('p.>'), heardBy('p.b.c')];
    await settled();
    for (const subject of ['p.b.c', 'p.x.c', 'p.b', 'p', 'p.b.c.d', 'q.b.c', 'P.b.c']) b!.publish(subject);
    await settled();
    expect(star).toEqual(['p.b.c', 'p.x.c']);
    expect(rest).toEqual(['p.b.c', 'p.x.c', 'p.b', 'p.b.c.d']);
    expect(one).toEqual(['p.b.c']);
  });

  it('of a queue group one hears it', async () => {
    const members = [heardBy('g.x', { queue: 'q' }), heardBy('g.*', { queue: 'q' })];
    const other = heardBy('g.x', { queue: 'r' });
    await settled();
    for (let i = 0; i < 100; i++) b!.publish('g.x');
    await settled();
    expect(members.flat()).toHaveLength(100);
    expect(members.every((heard) => heard.length > 0)).toBe(true);
    expect(other).toHaveLength(100);
  });

  it('a subscription ends after so many messages', async () => {
    const heard = heardBy('m', { max: 2 });
    await settled();
    for (let i = 0; i < 3; i++) b!.publish('m');
    await settled();
    expect(heard).toHaveLength(2);
  });

  it('carries headers, nothing, and what is as large as it may be', async () => {
    const echo = (error: Error | null, message: Msg) => {
      if (!error) message.respond(message.data, message.headers ? { headers: message.headers } : {});
    };
    a!.subscribe('echo', { callback: echo });
    await settled();
    const h = headers();
    h.set('id', 'ä b');
    const large = new Uint8Array(b!.info!.max_payload - 1_024).fill(7);
    const answer = await b!.request('echo', large, { headers: h, timeout: 10_000 });
    expect(answer.headers?.get('id')).toBe('ä b');
    expect(Buffer.compare(answer.data, large)).toBe(0);
    expect((await b!.request('echo', '')).data).toHaveLength(0);
    expect(b!.info!.max_payload).toBe(1_048_576);
  });

  it('who asks where nobody listens is told so at once', async () => {
    await expect(b!.request('nobody', '', { timeout: 60_000 })).rejects.toMatchObject({
      cause: expect.any(NoRespondersError) as Error,
    });
  });

  it('finds services, each by itself, until they have gone', async () => {
    const started = await Promise.all(
      [a!, b!].map((connection) => new Svcm(connection).add({ name: 'svc', version: '1.0.0' })),
    );
    await settled();
    const ids = async () => {
      const found: string[] = [];
      const client = new Svcm(a!).client({ strategy: 'count', maxMessages: 2, maxWait: 5_000 } as never);
      for await (const { id } of await client.ping('svc')) found.push(id);
      return found.sort();
    };
    expect(await ids()).toEqual(started.map((service) => service.info().id).sort());
    await Promise.all(started.map((service) => service.stop()));
    await expect(ids()).rejects.toThrow();
  });

  it('who has gone hears nothing, and is no member of a group', async () => {
    const leaving = await connect({ servers: nats.url });
    leaving.subscribe('left', { queue: 'q', callback: () => undefined });
    await leaving.flush();
    await leaving.close();
    await until('nobody listens', () =>
      b!.request('left', '', { timeout: 100 }).then(
        () => undefined,
        (error: unknown) => (error as Error).cause instanceof NoRespondersError || undefined,
      ),
    );
  });
});
