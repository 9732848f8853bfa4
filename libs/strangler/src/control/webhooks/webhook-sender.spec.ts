import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { WebhookReceiver, webhookSecret } from '../../../../../test/support/webhook-receiver.js';
import { Database } from '../../database/database.js';
import { History, type NewEntry } from '../store/history.js';
import type { WebhookOptions } from './webhook-options.js';
import { WebhookSender, type SenderPace } from './webhook-sender.js';
import { Webhooks } from './webhooks.js';

/* Each entry of the history comes to each receiver, in order, whoever dies, stands still, is slow or away meanwhile. */
let test: TestDatabase;
let history: History;
let receiver: WebhookReceiver;
const databases: Database[] = [];
const senders: WebhookSender[] = [];
const receivers: WebhookReceiver[] = [];
const lines: unknown[] = [];

beforeEach(async () => {
  for (const level of ['log', 'warn'] as const)
    jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void lines.push(line));
  test = await freshDatabase();
  history = new History(connected());
  receiver = await opened();
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.stop()));
  await Promise.all(databases.splice(0).map((database) => database.close()));
  await Promise.all(receivers.splice(0).map((each) => each.close()));
  await test.drop();
  jest.restoreAllMocks();
  lines.length = 0;
});

/** As a process of its own has it. */
function connected(): Database {
  const database = new Database(test.url);
  databases.push(database);
  return database;
}

async function opened(): Promise<WebhookReceiver> {
  const one = await WebhookReceiver.open();
  receivers.push(one);
  return one;
}

const pace: Partial<SenderPace> = { lookMs: 5, nameMs: 50, stopMs: 100, waitsMs: [20, 40, 80] };
const to = (name: string, { url }: { url: string } = receiver): WebhookOptions => ({
  name,
  url,
  secret: webhookSecret,
});

/** Whoever sends, as a process does; `named`: whether its receivers are known when it is answered. */
async function sending(
  webhooks: readonly WebhookOptions[],
  how: Partial<SenderPace> = {},
): Promise<WebhookSender> {
  const sender = new WebhookSender(webhooks, connected(), { ...pace, ...how });
  senders.push(sender);
  sender.start();
  for (const { name } of webhooks) await until(`${name} is named`, async () => (await seen(name)) && true);
  return sender;
}

const seen = async (name: string) =>
  (await new Webhooks(databases[0]!, []).list()).find((each) => each.name === name);

const entry = (action: string, more: Partial<NewEntry> = {}): NewEntry => ({
  ...{ module: 'parcels', actor: 'ann', action, from: 'monolith', to: 'dual-write', outcome: 'done' },
  ...more,
});

async function write(...actions: string[]): Promise<void> {
  for (const action of actions) await history.add(entry(action), databases[0]!);
}

const told = (one = receiver): string[] => one.received.map(({ data }) => data.action);
const nothingWaits = (name: string) =>
  until(`nothing waits for ${name}`, async () => ((await seen(name))?.waiting === 0 ? true : undefined));

it('tells each entry as the admin API does, signed, in order, and nothing of before', async () => {
  await write('before');
  await sending([to('chat')]);
  await write('pause', 'hand-off to 10 %', 'resume');
  await receiver.calls(3);
  await nothingWaits('chat');
  const entries = (await history.latest('parcels', 3)).reverse();
  expect(receiver.received).toEqual(
    entries.map((data, i) => ({
      type: ['strangler.pause.done', 'strangler.hand_off.done', 'strangler.resume.done'][i],
      timestamp: data.at,
      data,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      path: '/hooks',
    })),
  );
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(3);
  expect(receiver.forged).toEqual([]);
  expect(await seen('chat')).toMatchObject({
    ...{ state: 'up', waiting: 0, failed: 0, problem: null, failingSince: null, nextTryAt: null },
    delivered: { entry: entries[2]!.id, at: expect.any(String) },
  });
});

it('an entry that becomes visible behind a later one is told as well', async () => {
  await sending([to('chat')]);
  const slow = new Client(test.url);
  await slow.connect();
  await slow.query('begin');
  await history.add(entry('slow'), {
    query: async (sql, params) => (await slow.query(sql, [...params!])).rows,
  });
  await write('quick');
  await receiver.calls(1);
  await nothingWaits('chat');
  await slow.query('commit');
  await slow.end();
  await receiver.calls(2);
  expect(told()).toEqual(['quick', 'slow']);
  expect(receiver.entries[1]).toBeLessThan(receiver.entries[0]!);
});

it('of two processes one sends, and each entry comes once; when it ends, the other one goes on', async () => {
  const two = [await sending([to('chat')]), await sending([to('chat')])];
  await write(...Array.from({ length: 30 }, (_, i) => `a${i}`));
  await receiver.calls(30);
  await Promise.all([two[0]!.stop(), write(...Array.from({ length: 30 }, (_, i) => `b${i}`))]);
  await receiver.calls(60);
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'b'].flatMap((of) => Array.from({ length: 30 }, (_, i) => of + i)));
});

it('who has lost its lock with a call under way may send twice, under one id; its late refusal changes nothing', async () => {
  const still = { timeoutMs: 60_000 };
  const answers: (() => void)[] = [];
  receiver.judge = (call) => {
    const first = receiver.received[0] === call;
    return new Promise((resolve) => answers.push(() => resolve({ status: first ? 503 : 200 })));
  };
  await sending([to('chat')], still);
  await write('pause');
  await receiver.calls(1);
  await sending([to('chat')], still);
  await test.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = strangler.webhook_lock()`,
  );
  const [one, other] = await receiver.calls(2);
  expect(other).toEqual(one);
  answers[1]!();
  await nothingWaits('chat');
  answers[0]!();
  await write('resume');
  await receiver.calls(3);
  answers[2]!();
  await nothingWaits('chat');
  expect(told()).toEqual(['pause', 'pause', 'resume']);
  expect(await seen('chat')).toMatchObject({ state: 'up', failed: 0 });
});
