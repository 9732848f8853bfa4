import { Logger } from '@nestjs/common';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { createConnection, Socket } from 'node:net';
import { refusal } from '../../../../../test/support/failure.js';
import { startNats, type TestNats } from '../../../../../test/support/nats.js';
import {
  callToy,
  serveToy,
  toyRoute,
  untilUp,
  type ToyCaller,
  type ToyService,
} from '../../../../../test/support/rpc.js';
import { toy, toyDatabase, type ToyDatabase } from '../../../../../test/support/toy.js';
import { toyExecutor, writeDown, type ToyHandlers } from '../../../../../test/support/toy-executor.js';
import { until } from '../../../../../test/support/until.js';
import { prepare, type PreparedOperation } from '../../contract/operation.js';
import { currentContext, withContext, type CallContext } from '../../database/context.js';
import { LocalModules } from '../local-modules.js';
import { Router } from '../router.js';
import { NatsCalls } from './client.js';

let nats: TestNats;
let database: ToyDatabase;
let handlers: ToyHandlers;
let service: ToyService;
let caller: ToyCaller;
let wire: NatsConnection;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
  caller = callToy(nats);
  wire = await untilUp(caller.link);
});
beforeEach(async () => {
  const toyModule = toyExecutor(database.dataSource);
  handlers = toyModule.handlers;
  service = await serveToy(nats, toyModule.executor);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await service.close();
  await database.query('truncate toy.effect, toy.idempotency');
});
afterAll(async () => {
  await caller.close();
  await Promise.all([nats.stop(), database.drop()]);
});

/** Asks past our own client, as a foreign tool or an older version would. */
async function askRaw(operation: string, payload: string, told = headers()): Promise<unknown> {
  // The monolith's, from which nobody has heard a key.
  told.set('From', 'm m');
  const reply = await wire.request(`shop.rpc.toy.extracted.e.${operation}`, payload, {
    timeout: 10_000,
    headers: told,
  });
  return reply.json();
}

const request = (more: Partial<CallContext> = {}): CallContext => ({
  requestId: 'request-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  servedBy: new Map(),
  ...more,
});

describe('a call over NATS ends like one inside the process', () => {
  it('with the answer, as JSON carries it', async () => {
    handlers.look = () => Promise.resolve({ name: 'A', amount: 3, text: null, secret: 'x' });
    expect(await caller.port.look({ name: ' a' })).toEqual({ name: 'A', amount: 3, text: null });
  });

  it('with the declared error and its data', async () => {
    handlers.put = () => Promise.reject(toy.error('put', 'too_many', { most: 9, why: 'full' }));
    expect(await refusal(caller.port.put({ name: 'A' }))).toEqual({
      code: 'too_many',
      data: { most: 9, why: 'full' },
    });
  });

  it('with internal for any other error: the request id to quote, and no detail', async () => {
    jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    handlers.look = () => Promise.reject(new Error('password is "hunter2"'));
    const refused = withContext(request(), () => caller.port.look({ name: 'A' }));
    expect(await refusal(refused)).toEqual({ code: 'internal', data: { traceId: 'request-1' } });
    await expect(refused).rejects.not.toThrow('hunter2');
  });

  it('twice under one command id: once', async () => {
    const commandId = randomUUID();
    const twice = [1, 2].map(() => caller.port.put({ name: 'A' }, { commandId }));
    expect(await Promise.all(twice)).toEqual([{ name: 'A' }, { name: 'A' }]);
    expect(await database.effects()).toEqual(['A']);
  });
});

describe('wrong input', () => {
  it('is refused before it costs a hop', async () => {
    const ran = jest.spyOn(wire, 'publish');
    expect(await refusal(caller.port.look({ name: '?' }))).toMatchObject({ code: 'validation_failed' });
    expect(ran).not.toHaveBeenCalled();
  });

  it.each([
    [
      'that another version of the caller lets pass',
      JSON.stringify({ name: 'A', evil: 1 }),
      'evil should not exist',
      { unread: true },
    ],
    ['that is no object', '"A"', 'an object is expected', { unread: true }],
    ['that is no JSON', '{"name":', 'not valid JSON', {}],
    ['that is not even text', '\uD800\u0000', 'not valid JSON', {}],
    ['that is empty', '', 'not valid JSON', {}],
  ])('%s is refused by the server, which goes on serving', async (_what, payload, problem, how) => {
    handlers.look = jest.fn();
    expect(await askRaw('look', payload)).toEqual({
      error: {
        code: 'validation_failed',
        message: expect.stringContaining(problem),
        data: { problems: expect.stringContaining(problem) },
      },
      ...how,
    });
    expect(handlers.look).not.toHaveBeenCalled();
    expect(await caller.port.put({ name: 'A' })).toEqual({ name: 'A' });
  });
});

it('a message whose headers cannot be read does not end the process', async () => {
  const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  const { port } = new URL(nats.url);
  const socket = createConnection(Number(port), '127.0.0.1');
  const told = 'NATS/1.0\r\na b: c\r\n\r\n';
  const publish = `HPUB shop.rpc.toy.extracted.e.look ${told.length} ${told.length + 2}\r\n${told}{}\r\n`;
  socket.write(`CONNECT {"headers":true,"verbose":false}\r\n${publish}`);
  await until('the service complains', () => logged.mock.calls.length > 0 || undefined);
  expect(await caller.port.look({ name: 'A' })).toEqual({ name: 'A' });
  socket.destroy();
});

describe('what travels with a call', () => {
  const seen = (): CallContext[] => {
    const contexts: CallContext[] = [];
    handlers.look = (input) => {
      contexts.push(currentContext() as CallContext);
      return Promise.resolve(input);
    };
    return contexts;
  };

  it('request id and trace context arrive as they left; nothing of one request stays for the next', async () => {
    const contexts = seen();
    await withContext(request(), () => caller.port.look({ name: 'A' }));
    await withContext({ requestId: 'request-2', servedBy: new Map() }, () => caller.port.look({ name: 'A' }));
    expect(contexts).toMatchObject([
      { requestId: 'request-1', traceparent: request().traceparent },
      { requestId: 'request-2', traceparent: undefined },
    ]);
  });

  it('the deadline is the caller’s if that is sooner, else the operation’s time', async () => {
    const contexts = seen();
    const soon = performance.now() + 5_000;
    await withContext(request({ deadline: soon }), () => caller.port.look({ name: 'A' }));
    await withContext(request({ deadline: soon + 3_600_000 }), () => caller.port.look({ name: 'A' }));
    // What is left is whole ms, and counts from when it arrives.
    expect(contexts[0]?.deadline).toBeGreaterThan(soon - 2);
    expect(contexts[0]?.deadline).toBeLessThan(contexts[1]?.deadline ?? 0);
    expect(contexts[1]?.deadline).toBeLessThan(soon + 3_600_000);
  });

  it('the sides that worked for it come back with an answer and with an error', async () => {
    handlers.look = (input) => {
      currentContext()?.servedBy.set('further', 'monolith');
      return Promise.resolve(input);
    };
    handlers.put = () => {
      currentContext()?.servedBy.set('further', 'extracted');
      return Promise.reject(toy.error('put', 'too_many'));
    };
    const asked = request();
    await withContext(asked, () => caller.port.look({ name: 'A' }));
    expect([...asked.servedBy]).toEqual([
      ['toy', 'extracted'],
      ['further', 'monolith'],
    ]);
    await withContext(asked, () => refusal(caller.port.put({ name: 'A' })));
    expect(asked.servedBy.get('further')).toBe('extracted');
  });

  it('headers that decide on a cohort, and no others, whatever is in them', async () => {
    const contexts = seen();
    const shifting = { ...toyRoute(), cohorts: [{ header: 'x-user-group', equals: 'beta' }] };
    caller.routes.replace({ toy: shifting });
    const given = { 'x-user-group': 'b\r\nêta', authorization: 'Bearer secret' };
    await withContext(request({ headers: given }), () => caller.port.look({ name: 'A' }));
    expect(contexts[0]?.headers).toEqual({ 'x-user-group': 'b\r\nêta' });
    caller.routes.replace({ toy: toyRoute() });
    await withContext(request({ headers: given }), () => caller.port.look({ name: 'A' }));
    expect(contexts[1]?.headers).toBeUndefined();
  });

  it('that a query is only asked to compare', async () => {
    const contexts = seen();
    await withContext(request({ shadow: true }), () => caller.port.look({ name: 'A' }));
    await caller.port.look({ name: 'A' });
    expect(contexts.map(({ shadow }) => shadow)).toEqual([true, undefined]);
  });

  it('which command is taken back', async () => {
    const commandId = randomUUID();
    const items = [{ name: 'A' }];
    await caller.port.takeAll({ items }, { commandId: randomUUID(), undoOf: commandId });
    expect(await refusal(caller.port.putAll({ items }, { commandId }))).toMatchObject({
      code: 'command_undone',
    });
  });

  it('that a command is to be cancelled: it is, for good; or it has been done, and its answer comes back', async () => {
    const cancel = (commandId: string) => {
      const how = { commandId, cancel: true };
      return caller.port.put({ name: 'A' }, how);
    };
    const [never, once] = [randomUUID(), randomUUID()];
    const undone = { code: 'command_undone' };
    expect(await refusal(cancel(never))).toMatchObject(undone);
    expect(await refusal(caller.port.put({ name: 'A' }, { commandId: never }))).toMatchObject(undone);
    const answer = await caller.port.put({ name: 'A' }, { commandId: once });
    expect(await cancel(once)).toEqual(answer);
    expect(await database.effects()).toEqual(['A']);
  });

  it('that a command is only rehearsed: on a subject of its own, which a release before does not serve', async () => {
    const ran = jest.fn();
    handlers.put = async (input) => {
      ran(currentContext()?.caller);
      await writeDown(database.dataSource, 'A');
      return input;
    };
    const published = jest.spyOn(wire, 'publish');
    const calls = new NatsCalls(caller.link, caller.routes);
    const router = new Router(caller.routes, new LocalModules(undefined), calls);
    const put = prepare(toy).get('put') as PreparedOperation;
    expect(await router.rehearse(put, 'extracted', { name: 'A' })).toEqual({ outcome: 'done' });
    expect(published.mock.calls[0]?.[0]).toBe('shop.rpc.toy.extracted.e.put.rehearsal');
    expect(ran.mock.calls).toEqual([[{ program: 'toy', as: 'module' }]]);
    expect(await database.effects()).toEqual([]);
    expect(await database.query('select from toy.idempotency')).toEqual([]);
  });

  it('a tool that names its shop and nothing else, or sends odd headers, is answered, without a deadline', async () => {
    const contexts = seen();
    const odd = headers();
    odd.set('Time-Left', 'soon');
    for (const told of [headers(), odd]) {
      expect(await askRaw('look', '{"name":"A"}', told)).toMatchObject({ ok: { name: 'A' } });
    }
    expect(contexts.map(({ deadline }) => deadline)).toEqual([undefined, undefined]);
  });
});

it('a call that comes after its deadline is not started', async () => {
  handlers.look = jest.fn();
  const late = headers();
  late.set('Time-Left', '0');
  expect(await askRaw('look', '{"name":"A"}', late)).toMatchObject({ error: { code: 'unavailable' } });
  expect(await askRaw('put', '{"name":"A"}', late)).toMatchObject({ error: { code: 'unavailable' } });
  expect(handlers.look).not.toHaveBeenCalled();
  expect(await database.effects()).toEqual([]);
});

describe('what is sent in one turn of the event loop goes out in one write', () => {
  /** Calls or answers in each write of NATS's client that has some. */
  const messagesInWrites = (written: jest.SpyInstance): number[] =>
    written.mock.calls
      .map(([bytes]) => Buffer.from(bytes as Uint8Array).toString())
      .map((text) => text.match(/^H?PUB \S*(?:rpc|_INBOX)/gm)?.length ?? 0)
      .filter((count) => count > 0);
  /** Each has a stack of its own in the same turn, as what is read from several sockets. */
  const ownStack = () => new Promise(setImmediate);

  it('calls, whichever request each is for, and their answers', async () => {
    let allThere = (): void => undefined;
    const together = new Promise<void>((resolve) => (allThere = resolve));
    let asked = 0;
    handlers.look = async (input) => {
      if (++asked === 3) allThere();
      await together.then(ownStack);
      return { ...(input as { name: string }), amount: 3, text: null };
    };
    const written = jest.spyOn(Socket.prototype, 'write');
    const answers = ['A', 'B', 'C'].map((name) => ownStack().then(() => caller.port.look({ name })));
    expect(await Promise.all(answers)).toMatchObject([{ name: 'A' }, { name: 'B' }, { name: 'C' }]);
    expect(messagesInWrites(written)).toEqual([3, 3]);
  });

  it('but nothing of a call that ended before', async () => {
    const published = jest.spyOn(wire, 'publish');
    const asked = caller.port.look({ name: 'A' });
    // As when the connection is lost: its caller has been told so.
    (caller.link as unknown as { events: EventEmitter }).events.emit('down');
    expect(await refusal(asked)).toMatchObject({ code: 'unavailable' });
    await new Promise(setImmediate);
    expect(published).not.toHaveBeenCalled();
  });
});

describe('standard NATS tools', () => {
  const ask = (subject: string) => wire.request(subject, '', { timeout: 10_000 });

  it.each(['$SRV.PING', '$SRV.PING.toy'])('find the service with %s', async (subject) => {
    expect((await ask(subject)).json()).toMatchObject({
      name: 'toy',
      metadata: { side: 'extracted', database: 'e' },
    });
  });

  it('see every operation of the contract, its rehearsals, and its queue group, with $SRV.INFO', async () => {
    const { endpoints } = (await ask('$SRV.INFO.toy')).json<{ endpoints: object[] }>();
    const commands = [...prepare(toy).values()].filter(({ kind }) => kind === 'command');
    expect(endpoints).toHaveLength(Object.keys(toy.operations).length + commands.length);
    expect(endpoints).toContainEqual(
      expect.objectContaining({
        name: 'put',
        subject: 'shop.rpc.toy.extracted.e.put',
        queue_group: 'extracted',
      }),
    );
  });

  it('count its calls with $SRV.STATS', async () => {
    await caller.port.look({ name: 'A' });
    const { endpoints } = (await ask('$SRV.STATS.toy')).json<{ endpoints: object[] }>();
    expect(endpoints).toContainEqual(expect.objectContaining({ name: 'look', num_requests: 1 }));
  });
});
