import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect, headers as natsHeaders } from '@nats-io/transport-node';
import { IsInt } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { until } from '../../../../test/support/until.js';
import { Router } from '../calls/router.js';
import type { Port } from '../calls/ports.js';
import { command, contract, query, self, UnavailableError } from '../contract/index.js';
import { Word } from '../contract/word.fixture.js';
import { withContext } from '../database/context.js';
import { StranglerModule } from '../nest/strangler.module.js';
import { fakeOf, type Answers } from './fake.js';
import { serveFakes, type ServedFakes } from './serve-fakes.js';

/* A team tries its process on a real NATS, with nobody else there: what answers is what the contract allows, and nothing else. */
class Named {
  @Word() name: string;
}
class Weighed extends Named {
  @IsInt() weight: number;
}
const scales = contract('scales', {
  ownership: 'by-key',
  operations: {
    look: query({ input: Named, output: Weighed, errors: ['not_found'], key: 'name', timeoutMs: 300 }),
    weigh: command({ input: Weighed, output: Weighed, errors: ['too_heavy'], key: 'name' }),
    own: query({ who: self(({ name }: Named) => name), input: Named, output: Weighed, key: 'name' }),
  },
});

/** The same in all tests: a caller gives up a shop that is gone only after a while. */
const shop = randomUUID();
let nats: TestNats;
let database: TestDatabase;
let caller: INestApplicationContext;
let port: Port<typeof scales>;
let answers: Answers<typeof scales> = {};
let fake: ReturnType<typeof fakeOf<typeof scales>>;
let served: ServedFakes;

/** A process as it runs elsewhere: it carries no module, finds its shop over NATS, and signs its calls. */
async function startCaller(): Promise<INestApplicationContext> {
  @Module({
    imports: [
      StranglerModule.forRoot({
        ...{ side: undefined, contracts: [scales], database: database.url },
        nats: { connection: nats.url, user: 'gateway' },
      }),
    ],
  })
  class Caller {}
  return NestFactory.createApplicationContext(Caller, { logger: false, abortOnError: false });
}

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshDatabase()]);
});
beforeEach(async () => {
  answers = {};
  fake = fakeOf(scales, {
    look: (input) => answers.look!(input),
    weigh: (input) => answers.weigh!(input),
    own: ({ name }) => ({ name, weight: 1 }),
  });
  served = await serveFakes([fake], { nats: nats.url, shop });
  caller ??= await startCaller();
  port = caller.get(Router).port(scales);
  answers.look = ({ name }) => ({ name, weight: 0 });
  await until(
    'it is heard',
    () =>
      port.look({ name: 'hello' }).then(
        () => true,
        () => undefined,
      ),
    30_000,
  );
  (fake.calls as unknown[]).length = 0;
});
afterEach(() => served.close().catch(() => undefined));
afterAll(async () => {
  await caller.close();
  await database.drop();
  await nats.stop();
});

it('answers, notes what it was asked, and does a command once', async () => {
  answers = { look: ({ name }) => ({ name, weight: 3 }), weigh: (input) => input };
  expect(await port.look({ name: ' apple ' })).toEqual({ name: 'APPLE', weight: 3 });
  const commandId = randomUUID();
  for (const name of ['a', 'A'])
    expect(await port.weigh({ name, weight: 2 }, { commandId })).toEqual({ name: 'A', weight: 2 });
  expect(fake.calls).toEqual([
    { operation: 'look', input: { name: 'APPLE' }, commandId: undefined },
    ...[1, 2].map(() => ({ operation: 'weigh', input: { name: 'A', weight: 2 }, commandId })),
  ]);
  await served.close();
});

it('says what it is told to say: an error of the contract, that it is not there, or nothing', async () => {
  answers.weigh = () => Promise.reject(scales.error('weigh', 'too_heavy', { most: 9 }));
  await expect(port.weigh({ name: 'a', weight: 10 })).rejects.toMatchObject({
    code: 'too_heavy',
    data: { most: 9 },
  });
  answers.weigh = () => Promise.reject(new UnavailableError('scales', 'they are being cleaned'));
  await expect(port.weigh({ name: 'a', weight: 10 })).rejects.toMatchObject({ code: 'unavailable' });
  answers.look = () => new Promise(() => undefined);
  await expect(port.look({ name: 'a' })).rejects.toMatchObject({ code: 'unavailable' });
  await served.close();
});

it('ends also when somebody asks at that moment, and an answer never comes', async () => {
  const ended = jest.fn();
  answers.look = ({ name }) => {
    if (name === 'FIRST') void served.close().then(ended);
    return new Promise(() => undefined);
  };
  const asked = ['first', 'second', 'third'].map((name) => port.look({ name }));
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected');
  expect(fake.calls.length).toBeGreaterThan(1);
  await until('they have ended', () => (ended.mock.calls.length > 0 ? true : undefined), 10_000);
});

it('refuses whom the module would refuse', async () => {
  const asked = (id: string) =>
    withContext(
      {
        requestId: '-',
        servedBy: new Map(),
        caller: { program: 'gateway', as: 'client', actor: { id, role: 'user', version: 0 } },
      },
      () => port.own({ name: 'ANN' }),
    );
  expect(await asked('ANN')).toEqual({ name: 'ANN', weight: 1 });
  await expect(asked('BOB')).rejects.toMatchObject({ code: 'forbidden' });
  await served.close();
});

it.each([
  [
    'an answer that the contract does not allow',
    () => ({ name: 'A', weight: 0.5 }),
    /does not allow: .*weight/,
  ],
  [
    'an error that it does not declare',
    () => {
      throw scales.error('weigh', 'too_heavy', {});
    },
    'does not declare',
  ],
])('%s is told at the end, and its caller hears that something is wrong', async (_what, look, why) => {
  answers.look = look;
  await expect(port.look({ name: 'a' })).rejects.toMatchObject({ code: 'internal' });
  await expect(served.close()).rejects.toThrow(why);
});

it('a caller that is not of the toolkit names the shop, and is refused what the contract refuses', async () => {
  const raw = await connect({ servers: nats.url });
  const routes = (await raw.request('shop.routes.get.any')).json<
    Record<string, { databases: { extracted: string } }>
  >();
  const headers = natsHeaders();
  headers.set('From', `${served.shop} ${served.shop}`);
  const ask = async (input: unknown) =>
    (
      await raw.request(
        `shop.rpc.scales.extracted.${routes['scales']!.databases.extracted}.look`,
        JSON.stringify(input),
        { headers, timeout: 5_000 },
      )
    ).json();
  answers.look = ({ name }) => ({ name, weight: 7 });
  expect(await ask({ name: 'pear' })).toMatchObject({ ok: { name: 'PEAR', weight: 7 } });
  expect(await ask({ name: 'pear', colour: 'green' })).toMatchObject({
    error: { code: 'validation_failed' },
  });
  await raw.close();
  await served.close();
});

it('without NATS it says so', async () => {
  await expect(serveFakes([fake], { nats: 'nats://127.0.0.1:1' })).rejects.toThrow('does not answer');
});
