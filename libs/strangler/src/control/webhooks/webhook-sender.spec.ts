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
    jest.spyOn(Logger.prototype, level).mockImplementation((...line: unknown[]) => void lines.push(...line));
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

/** An entry that is written and not committed; what commits it. */
async function openEntry(action: string): Promise<() => Promise<void>> {
  const client = new Client(test.url);
  await client.connect();
  await client.query('begin');
  await history.add(entry(action), {
    query: async (sql, params) => (await client.query(sql, [...params!])).rows,
  });
  return async () => {
    await client.query('commit');
    await client.end();
  };
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
  const commit = await openEntry('slow');
  await write('quick');
  await receiver.calls(1);
  await nothingWaits('chat');
  await commit();
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
  expect(told()).toEqual(['a', 'b'].flatMap((of) => Array.from({ length: 30 }, (_, i) => `${of}${i}`)));
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

it('a late failure of who has lost its lock is no second try of the entry', async () => {
  const still = { timeoutMs: 60_000, waitsMs: [3_600_000, 3_600_000] };
  const answers: (() => void)[] = [];
  receiver.judge = () => new Promise((resolve) => answers.push(() => resolve({ status: 503 })));
  const first = await sending([to('chat')], still);
  await write('pause');
  await receiver.calls(1);
  await sending([to('chat')], still);
  await test.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = strangler.webhook_lock()`,
  );
  await receiver.calls(2);
  answers[1]!();
  await until('it is failing', async () => ((await seen('chat'))?.state === 'failing' ? true : undefined));
  answers[0]!();
  await first.stop();
  expect(await test.query('select tries, failed_at from strangler.webhook_delivery')).toEqual([
    { tries: 1, failed_at: null },
  ]);
});

it('down, then up: nothing is lost, the order holds, and it is said how it stands', async () => {
  await sending([to('chat')], { waitsMs: Array.from({ length: 10_000 }, () => 20) });
  await write('a');
  await receiver.calls(1);
  await receiver.close();
  await write('b', 'c', 'd');
  const failing = await until('it fails', async () => {
    const now = await seen('chat');
    return now?.state === 'failing' ? now : undefined;
  });
  expect(failing).toMatchObject({
    ...{ waiting: 3, failed: 0, problem: 'it cannot be reached (ECONNREFUSED)' },
    failingSince: expect.stringMatching(/Z$/),
    nextTryAt: expect.stringMatching(/Z$/),
  });
  await receiver.reopen();
  await receiver.calls(4);
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'b', 'c', 'd']);
  expect(await seen('chat')).toMatchObject({ state: 'up', failed: 0, problem: null, failingSince: null });
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'chat takes entries again' }));
});

it('one that is never taken has failed after the last try, and the next ones go on; said again, it is taken', async () => {
  receiver.judge = ({ data }) => ({ status: data.action === 'poison' && !mended ? 500 : 200 });
  let mended = false;
  await sending([to('chat')]);
  await write('a', 'poison', 'b');
  await until('b is told', () => (told().includes('b') ? true : undefined));
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'poison', 'poison', 'poison', 'poison', 'b']);
  expect(new Set(receiver.received.slice(1, 5).map(({ id }) => id)).size).toBe(1);
  expect(await seen('chat')).toMatchObject({ state: 'up', waiting: 0, failed: 1 });

  mended = true;
  const webhooks = new Webhooks(databases[0]!, [to('chat')]);
  const plan = ['1 that has failed is tried as if new'];
  const dry = await webhooks.resend('chat', { actor: 'ann', dryRun: true });
  expect(dry).toEqual({ webhook: 'chat', verb: 'resend', dryRun: true, plan });
  expect(await seen('chat')).toMatchObject({ waiting: 0, failed: 1 });
  await webhooks.resend('chat', { actor: 'ann', dryRun: false });
  await receiver.calls(7);
  await nothingWaits('chat');
  expect(receiver.received[6]).toEqual(receiver.received[1]);
  expect(await seen('chat')).toMatchObject({ state: 'up', failed: 0 });
  expect(lines).toContainEqual({ msg: `chat: resend; ${plan[0]}`, webhook: 'chat', actor: 'ann' });
});

it('who waits for hours is called at once when it is said', async () => {
  receiver.judge = () => ({
    status: receiver.received.length > 1 ? 200 : 503,
    headers: { 'retry-after': '3600' },
  });
  await sending([to('chat')]);
  await write('a');
  const { nextTryAt } = await until('it fails', async () => {
    const now = await seen('chat');
    return now?.state === 'failing' ? now : undefined;
  });
  expect(Date.parse(nextTryAt!)).toBeGreaterThan(Date.now() + 3_000_000);
  const webhooks = new Webhooks(databases[0]!, []);
  await webhooks.resend('chat', { actor: 'ann', dryRun: false });
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'a']);
});

it('what waits for a receiver that is gone for good does not grow', async () => {
  receiver.judge = () => ({ status: 500 });
  await sending([to('chat')]);
  await write('a');
  await until('a has failed', async () => ((await seen('chat'))?.failed === 1 ? true : undefined));
  // As if both had waited for days.
  await write('b', 'c');
  await test.query(`update strangler.webhook set failing_since = now() - interval '4 days'`);
  await test.query(`update strangler.history set at = now() - interval '4 days'`);
  await until('they have failed', async () => ((await seen('chat'))?.failed === 3 ? true : undefined));
  expect(told().filter((each) => each === 'c')).toHaveLength(1);
  // What has just happened has its tries.
  await write('d');
  await until('so has it', async () => ((await seen('chat'))?.failed === 4 ? true : undefined));
  expect(told().filter((each) => each === 'd')).toHaveLength(4);
});

it('410: it is called no more, whoever comes, until its settings are others; it begins then', async () => {
  receiver.judge = () => ({ status: 410 });
  const first = await sending([to('chat')]);
  const commit = await openEntry('z');
  await write('a', 'b');
  await until('it is disabled', async () => ((await seen('chat'))?.state === 'disabled' ? true : undefined));
  await commit();
  await write('c');
  expect(await seen('chat')).toMatchObject({ waiting: 1, failed: 2, problem: 'it answers 410 Gone' });
  await first.stop();
  const second = await sending([to('chat'), to('pager')]);
  receiver.judge = () => ({ status: 200 });
  await write('d');
  await nothingWaits('pager');
  expect(told()).toEqual(['a', 'd']);
  const webhooks = new Webhooks(databases[0]!, [to('chat')]);
  await expect(webhooks.resend('chat', { actor: 'ann', dryRun: false })).rejects.toThrow(
    /has answered 410 Gone/,
  );
  await second.stop();

  await sending([{ ...to('chat'), url: `${receiver.url}/v2` }]);
  await nothingWaits('chat');
  expect(await seen('chat')).toMatchObject({ state: 'up', failed: 2 });
  await write('e');
  await nothingWaits('chat');
  await webhooks.resend('chat', { actor: 'ann', dryRun: false });
  await nothingWaits('chat');
  expect(receiver.received.slice(2).map(({ path, data }) => `${path} ${data.action}`)).toEqual(
    ['z', 'e', 'a', 'b'].map((action) => `/hooks/v2 ${action}`),
  );
});

it('one that hangs holds nobody else, and fails in time', async () => {
  const other = await opened();
  receiver.judge = () => undefined;
  await sending([to('chat'), to('pager', other)], { timeoutMs: 60_000 });
  await write('a', 'b', 'c');
  await other.calls(3);
  await nothingWaits('pager');
  await receiver.calls(1);
  expect(told(other)).toEqual(['a', 'b', 'c']);
  expect(told()).toEqual(['a']);
  await Promise.all(senders.splice(0).map((sender) => sender.stop()));

  await sending([to('chat')], { timeoutMs: 50, waitsMs: [60_000] });
  await until('it fails', async () => ((await seen('chat'))?.state === 'failing' ? true : undefined));
  expect(await seen('chat')).toMatchObject({ waiting: 3, problem: 'no answer in 0.05 s' });
});

it('each is told of what it wants alone', async () => {
  const [all, some] = [await opened(), await opened()];
  await sending([
    to('all', all),
    { ...to('some', some), modules: ['parcels'], outcomes: ['failed', 'aborted'] },
    { ...to('chat'), modules: ['stock'] },
  ]);
  for (const [module, outcome] of [
    ['parcels', 'done'],
    ['parcels', 'failed'],
    ['stock', 'failed'],
    ['parcels', 'aborted'],
  ] as const)
    await history.add(entry('x', { module, outcome }), databases[0]!);
  for (const name of ['all', 'some', 'chat']) await nothingWaits(name);
  const of = (one: WebhookReceiver) => one.received.map(({ data }) => `${data.module} ${data.outcome}`);
  expect(of(all)).toEqual(['parcels done', 'parcels failed', 'stock failed', 'parcels aborted']);
  expect(of(some)).toEqual(['parcels failed', 'parcels aborted']);
  expect(of(receiver)).toEqual(['stock failed']);
  expect(await seen('some')).toMatchObject({ modules: ['parcels'], outcomes: ['failed', 'aborted'] });
});

it('who was left out for a moment has lost nothing; who is named no more is forgotten, with what waits', async () => {
  const first = await sending([to('chat'), to('pager')]);
  await first.stop();
  await write('a');
  await sending([to('pager')]);
  await nothingWaits('pager');
  expect(await seen('chat')).toMatchObject({ waiting: 1, url: null });
  const back = await sending([to('chat')]);
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'a']);
  await back.stop();
  await write('b');
  await test.query(
    `update strangler.webhook set named_at = now() - interval '61 minutes' where name = 'chat'`,
  );
  await until('it is forgotten', async () => ((await seen('chat')) === undefined ? true : undefined));
  await until('so is what waits', async () =>
    (await test.query(`select from strangler.webhook_delivery where webhook = 'chat'`)).length === 0
      ? true
      : undefined,
  );
  await nothingWaits('pager');
  expect(told()).toEqual(['a', 'a', 'b']);
  expect(lines).toContain('entries that were pruned, or whose receiver is no more: 1');
});

it('an entry that is pruned while it waits holds nobody', async () => {
  receiver.judge = () => ({ status: receiver.received.length > 1 ? 200 : 503 });
  await sending([to('chat')], { waitsMs: [3_600_000] });
  await write('a', 'b');
  await until('it fails', async () => ((await seen('chat'))?.state === 'failing' ? true : undefined));
  await test.query('delete from strangler.history where id = (select min(id) from strangler.history)');
  await test.query('update strangler.webhook set due_at = null');
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'b']);
});

it('a database that was put back gives numbers again, and no id', async () => {
  await sending([to('chat')]);
  await write('a');
  await receiver.calls(1);
  await nothingWaits('chat');
  await test.query('delete from strangler.history');
  await test.query(`select setval(pg_get_serial_sequence('strangler.history', 'id'), $1, false)`, [
    receiver.entries[0],
  ]);
  await write('b');
  await receiver.calls(2);
  const [a, b] = receiver.received;
  expect(b!.data.id).toBe(a!.data.id);
  expect(b!.id).not.toBe(a!.id);
});

it('a stop waits a little for an answer, and else the entry comes again', async () => {
  const answers: (() => void)[] = [];
  receiver.judge = () => new Promise((resolve) => answers.push(() => resolve({ status: 200 })));
  const slow = await sending([to('chat')], { stopMs: 60_000 });
  await write('a', 'b');
  await receiver.calls(1);
  const stopped = slow.stop();
  answers[0]!();
  await stopped;
  expect(await seen('chat')).toMatchObject({ waiting: 1, state: 'up' });
  const hurried = await sending([to('chat')], { stopMs: 1 });
  await receiver.calls(2);
  await hurried.stop();
  expect(await seen('chat')).toMatchObject({ waiting: 1, state: 'up', problem: null });
  receiver.judge = () => ({ status: 200 });
  await sending([to('chat')]);
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'b', 'b']);
  expect(receiver.received[1]).toEqual(receiver.received[2]);
});

it('neither secret nor address is in a row, a line of the log or an answer', async () => {
  const url = `${receiver.url}?key=very-hidden`;
  receiver.judge = () => ({ status: 500, body: `${webhookSecret} very-hidden` });
  const webhook = { ...to('chat'), url };
  await sending([webhook], { waitsMs: [1] });
  await write('a');
  await until('a has failed', async () => ((await seen('chat'))?.failed === 1 ? true : undefined));
  receiver.judge = () => ({ status: 410 });
  await write('b');
  await until('it is disabled', async () => ((await seen('chat'))?.state === 'disabled' ? true : undefined));
  const webhooks = new Webhooks(databases[0]!, [webhook]);
  const answers = await webhooks.list();
  expect(answers).toMatchObject([{ url: receiver.url }]);
  const rows = await test.query(
    'select w::text, d::text from strangler.webhook w join strangler.webhook_delivery d on d.webhook = w.name',
  );
  expect(rows).toHaveLength(2);
  const findings = await webhooks.findings('npx strangler');
  expect(findings).toHaveLength(1);
  const all = JSON.stringify({ rows, lines, answers, findings });
  for (const hidden of [webhookSecret.slice('whsec_'.length), 'very-hidden'])
    expect(all).not.toContain(hidden);
  expect(JSON.stringify({ rows, lines })).not.toContain(receiver.url);
});

it('said while a call is under way: its failure does not hold what was said', async () => {
  const answers: (() => void)[] = [];
  receiver.judge = () => {
    const nth = receiver.received.length;
    if (nth !== 3) return { status: nth < 3 ? 503 : 200 };
    return new Promise((resolve) => answers.push(() => resolve({ status: 503 })));
  };
  await sending([to('chat')], { waitsMs: [1, 1, 3_600_000], timeoutMs: 60_000 });
  await write('a');
  await receiver.calls(3);
  await new Webhooks(databases[0]!, []).resend('chat', { actor: 'ann', dryRun: false });
  answers[0]!();
  await nothingWaits('chat');
  expect(told()).toEqual(['a', 'a', 'a', 'a']);
});

it('while settings are changed, whoever sends calls where its own say; the next one goes on where they say then', async () => {
  const other = await opened();
  const first = await sending([to('chat')]);
  await write('a');
  await receiver.calls(1);
  await sending([to('chat', other)]);
  await write('b');
  await receiver.calls(2);
  await first.stop();
  await write('c');
  await other.calls(1);
  await nothingWaits('chat');
  expect([told(), told(other)]).toEqual([['a', 'b'], ['c']]);
});
