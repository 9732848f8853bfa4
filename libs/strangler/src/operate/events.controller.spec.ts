import express from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openAdmin, type AdminListener } from '../../../../test/support/admin.js';
import { ScriptedOperator } from '../../../../test/support/scripted-operator.js';
import { entry } from '../../../../test/support/standing.js';
import { until } from '../../../../test/support/until.js';
import { EventStream } from './event-stream.js';

let operator: ScriptedOperator;
let admin: AdminListener;
const open: AbortController[] = [];

beforeEach(async () => {
  operator = new ScriptedOperator('stock');
  admin = await openAdmin(operator);
});
afterEach(async () => {
  for (const watcher of open.splice(0)) watcher.abort();
  await admin.close();
});

/** A client that collects what it is told. */
async function watch(more: Record<string, string> = {}) {
  const stop = new AbortController();
  open.push(stop);
  const headers = { authorization: await admin.authorization('admin'), ...more };
  const response = await fetch(`${admin.url}/events`, { headers, signal: stop.signal });
  let text = '';
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body!) text += decoder.decode(part, { stream: true });
  })().catch(() => undefined);
  const data = (event: string) =>
    [...text.matchAll(new RegExp(`event: ${event}\\n(?:id: \\d+\\n)?data: (.*)\\n\\n`, 'g'))].map(
      ([, json]) => JSON.parse(json!) as unknown,
    );
  return { response, data, ended, text: () => text, stop: () => stop.abort() };
}

it('tells where all modules stand, again and again', async () => {
  const watcher = await watch();
  expect(watcher.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const all = [...operator.statuses.values()];
  await until('a status', () => (watcher.data('status').length > 0 ? true : undefined));
  expect(watcher.data('status')[0]).toEqual({ items: all });
  operator.put('stock', { phase: 'extracted', percent: 100 });
  await until('the new status', () =>
    JSON.stringify(watcher.data('status').at(-1)).includes('"extracted"') ? true : undefined,
  );
});

it('tells every entry of the history, with its id', async () => {
  const watchers = [await watch(), await watch()];
  const written = [entry(7), entry(8, { reason: 'line\nbreak' })];
  for (const one of written) operator.listeners.forEach((listener) => listener(one));
  for (const watcher of watchers) {
    await until('both entries', () => (watcher.data('entry').length === 2 ? true : undefined));
    expect(watcher.data('entry')).toEqual(written);
    expect(watcher.text()).toContain('id: 8\n');
  }
});

it.each([
  ['what has happened since the last one that it has heard', '7', [8, 9]],
  ['nothing of before, whatever else it says', '7; drop', []],
])('tells a client that comes again %s', async (_what, last, ids) => {
  operator.entries.push(entry(7), entry(8), entry(9));
  const watcher = await watch({ 'Last-Event-ID': last });
  operator.listeners.forEach((listener) => listener(entry(10)));
  const heard = () => watcher.data('entry').map((one) => (one as { id: number }).id);
  await until('the next one', () => (heard().includes(10) ? true : undefined));
  expect(heard()).toEqual([...ids, 10]);
});

it('says that the status cannot be told, and goes on', async () => {
  operator.fault = new Error('the database is away');
  const watcher = await watch();
  await until('a failure', () => (watcher.data('failure').length > 0 ? true : undefined));
  expect(watcher.data('failure')[0]).toEqual({ detail: 'the database is away' });
  operator.fault = undefined;
  await until('a status', () => (watcher.data('status').length > 0 ? true : undefined));
});

it('forgets a client that went', async () => {
  const watchers = [await watch(), await watch()];
  await until('both listen', () => (operator.listeners.size === 2 ? true : undefined));
  watchers[0]!.stop();
  await until('one listens', () => (operator.listeners.size === 1 ? true : undefined));
  await until('the other is told more', () => (watchers[1]!.data('status').length > 1 ? true : undefined));
});

it('ends when the application stops: a listener with an open stream would never close', async () => {
  const watcher = await watch();
  await admin.close();
  await watcher.ended;
  expect(operator.listeners.size).toBe(0);
});

it('a stream ends by itself, so that who listens on is asked again who he is', async () => {
  const app = express().get('/', (_request, response) => new EventStream(response, 20).send('entry', {}));
  const server = app.listen(0);
  await once(server, 'listening');
  const answer = await fetch(`http://localhost:${(server.address() as AddressInfo).port}`);
  expect(await answer.text()).toBe('event: entry\ndata: {}\n\n');
  server.close();
});
