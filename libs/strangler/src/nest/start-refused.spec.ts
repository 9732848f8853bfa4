import { Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { StartError } from '../operate/health/start-error.js';
import { openAdmin } from './admin-listener.js';
import { linkTo } from './nats-link.js';
import { defaultRetention } from '../engine/pruning/retention.js';
import { processPartsOf } from './parts.js';
import { whyNot } from './run-service.js';

const day = 86_400_000;

beforeAll(() => Logger.overrideLogger(false));

it.each(['', 'localhost:4222', '127.0.0.1:4222', 'http://nats:4222'])(
  'nats is no URL of a server: %j',
  async (nats) => {
    const sentence = 'nats (NATS_URL): a URL that begins with nats:// or tls:// is expected';
    await expect(linkTo(nats, 'monolith')).rejects.toThrow(sentence);
    await expect(linkTo({ connection: nats }, 'monolith')).rejects.toThrow(StartError);
  },
);

it('the admin port is taken, and named as the one that is', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const opened = openAdmin({ port }, { operations: { checks: [] }, guard: { canActivate: () => true } });
  const error: unknown = await opened.catch((thrown: unknown) => thrown).finally(() => other.close());
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toContain(`port ${port} at 127.0.0.1 (\`admin.port\`, ADMIN_PORT) cannot be used`);
});

it.each([
  [{ eventsMs: 30 * day }, true],
  [{ eventsMs: Infinity }, true],
  [{ eventsMs: 29 * day }, false],
  [{ eventsMs: Infinity, resultsMs: Infinity }, false],
])('events that are kept for longer than the claims of who has handled them: %j', (kept, refused) => {
  const options = { side: undefined, contracts: [], retention: { ...defaultRetention, ...kept } };
  const start = () => processPartsOf(options, undefined, undefined);
  if (refused) expect(start).toThrow(StartError);
  else expect(start).not.toThrow();
});

it('a service lacks what the root module gives to all, and is told where it comes from', async () => {
  @Injectable()
  class Emitter {}
  @Injectable()
  class Letters {
    constructor(readonly emitter: Emitter) {}
  }
  @Module({ providers: [Letters] })
  class LettersModule {}
  const how = { logger: false, abortOnError: false } as const;
  const error: unknown = await NestFactory.createApplicationContext(LettersModule, how).catch(
    (thrown: unknown) => thrown,
  );
  expect(whyNot(error)).toMatch(/Emitter[^]*A service loads its module alone/);
  expect(whyNot(new Error('its file is wrong'))).not.toContain('alone');
  expect(whyNot(new StartError('NATS_URL: …'))).toBe('NATS_URL: …');
});
