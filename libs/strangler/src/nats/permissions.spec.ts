import { contract } from '../contract/contract.js';
import { event } from '../contract/event.js';
import { command, query } from '../contract/operation-kinds.js';
import { subscription } from '../contract/subscription.js';
import { Id } from '../contract/fields.js';
import { natsPermissions, type Called } from './permissions.js';
import { Subjects } from './subjects.js';

class Stock {
  @Id() orderId: string;
}

const look = query({ input: Stock, output: Stock, reads: 'any' });
const undone = { input: Stock, output: Stock, key: (i: Stock) => i.orderId };
const desk = contract('desk', { ownership: 'whole', operations: { look } });
const stock = contract('stock', {
  ownership: 'by-key',
  operations: { look, reserve: command({ ...undone, undo: 'release' }), release: command(undone) },
});

/** The user of one module, of a shop with two. */
const userOf = (module: string, calls: Record<string, Called> = {}, namespace?: string) => {
  const all = natsPermissions(new Subjects(namespace), [desk, stock], calls);
  return all.find(({ name }) => name.endsWith(`.${module}`));
};
/** What the service of `desk` may do, whomever it calls. */
const always = {
  publish: [
    'shop.replicate.desk.monolith.>',
    'shop.copies.desk.extracted.>',
    ...['shop.routes.get.*', 'shop.routes.of.*.*'],
    ...['shop.keys.offer.desk.*', 'shop.keys.told.desk.*'],
  ],
  subscribe: [
    'shop.rpc.desk.extracted.>',
    'shop.control.desk.extracted.>',
    'shop.copies.desk.extracted.>',
    'shop.replicate.desk.extracted.>',
    'shop.routes.changed.>',
    'shop.routes.of.desk.*',
    'shop.keys.told.*.*',
    ...['$SRV.PING', '$SRV.PING.desk', '$SRV.PING.desk.>'],
    ...['$SRV.INFO', '$SRV.INFO.desk', '$SRV.INFO.desk.>'],
    ...['$SRV.STATS', '$SRV.STATS.desk', '$SRV.STATS.desk.>'],
    '_INBOX_shop.desk.>',
  ],
};

it.each<[string, Record<string, Called>, string[]]>([
  ['nothing', {}, []],
  ['a query', { desk: { stock: ['look'] } }, ['shop.rpc.stock.*.*.look']],
  [
    'a command, so it may take it back',
    { desk: { stock: ['reserve'] } },
    ['shop.rpc.stock.*.*.reserve', 'shop.rpc.stock.*.*.release'],
  ],
  [
    'both commands, each once',
    { desk: { stock: ['reserve', 'release'] } },
    ['shop.rpc.stock.*.*.reserve', 'shop.rpc.stock.*.*.release'],
  ],
  ['what another module calls', { stock: { desk: ['look'] } }, []],
])('a service whose module calls %s', (_what, calls, may) => {
  const { publish, subscribe } = always;
  expect(userOf('desk', calls)).toEqual({ name: 'shop.desk', publish: [...may, ...publish], subscribe });
});

it('a service that calls outside may tell the monolith what came of it, and take it back there', () => {
  const shape = { input: Stock, output: Stock, key: (i: Stock) => i.orderId };
  const operations = {
    send: command({ ...shape, undo: 'unsend', result: 'sent' }),
    sent: command(shape),
    unsend: command(shape),
  };
  const [, user] = natsPermissions(
    new Subjects(),
    [contract('post', { ownership: 'by-key', operations })],
    {},
  );
  const calls = user!.publish.filter((subject) => subject.startsWith('shop.rpc.'));
  expect(calls).toEqual(['shop.rpc.post.monolith.*.sent', 'shop.rpc.post.monolith.*.unsend']);
});

it('a service that tells something calls those who wait for it, on both their sides', () => {
  const told = event('desk.opened', { data: Stock, key: 'orderId' });
  const waiting = contract('stock', {
    ownership: 'by-key',
    operations: { deskOpened: subscription(told, { key: ({ orderId }) => orderId }), look },
  });
  const all = natsPermissions(new Subjects(), [desk, waiting], {});
  const calls = all.map(({ publish }) => publish.filter((subject) => subject.startsWith('shop.rpc.')));
  expect(calls).toEqual([[], ['shop.rpc.stock.*.*.deskOpened'], []]);
});

it('the monolith may do all in its namespace, and nothing beyond', () => {
  expect(userOf('monolith', {}, 'fair')).toEqual({
    name: 'fair.monolith',
    publish: ['fair.>'],
    subscribe: ['fair.>', '$SRV.>', '_INBOX_fair.monolith.>'],
  });
});

it('nothing of a service leads out of its namespace', () => {
  const { publish, subscribe } = userOf('desk', { desk: { stock: ['look'] } }, 'fair')!;
  const strange = [...publish, ...subscribe].filter(
    (subject) => !/^(fair\.|_INBOX_fair\.|\$SRV\.)/.test(subject),
  );
  expect(strange).toEqual([]);
});

it('a module cannot pass for the monolith', () => {
  const posing = contract('monolith', { ownership: 'whole', operations: { look } });
  expect(() => natsPermissions(new Subjects(), [posing], {})).toThrow('no module can have the name monolith');
});

describe('where outsiders are told of events', () => {
  const opened = event('desk.opened', { data: Stock, key: 'orderId' });
  const telling = contract('desk', { ownership: 'whole', operations: { look }, events: [opened] });
  const stream = { name: 'EVENTS', readers: { mirror: 'desk.opened' } };
  const all = (readers: Record<string, string> = stream.readers) =>
    natsPermissions(new Subjects(), [telling, stock], {}, { gate: {} }, { ...stream, readers });
  const beyond = (name: string) =>
    all()
      .find((user) => user.name === `shop.${name}`)!
      .publish.filter((subject) => /^(\$JS|shop\.events)/.test(subject));

  it('the monolith makes the stream, who tells something tells it, and a reader takes what is for him', () => {
    expect(beyond('monolith')).toEqual([
      ...['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.EVENTS`),
      ...['$JS.API.CONSUMER.CREATE.EVENTS.>', '$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.*'],
    ]);
    expect(beyond('desk')).toEqual(['$JS.API.STREAM.INFO.EVENTS', 'shop.events.desk.>']);
    expect([beyond('stock'), beyond('gate')]).toEqual([[], []]);
    expect(all().at(-1)).toEqual({
      name: 'shop.mirror',
      publish: [
        ...['$JS.API.CONSUMER.INFO.EVENTS.mirror', '$JS.API.CONSUMER.MSG.NEXT.EVENTS.mirror'],
        '$JS.ACK.EVENTS.mirror.>',
      ],
      subscribe: ['_INBOX_shop.mirror.>'],
    });
  });

  it.each(['monolith', 'stock', 'gate'])('a reader cannot pass for %s', (name) => {
    expect(() => all({ [name]: '>' })).toThrow(`no reader of events can have the name ${name}`);
  });
});
