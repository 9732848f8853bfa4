import { createHmac } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { entry } from '../../../../../test/support/standing.js';
import { freePort } from '../../../../../test/support/ports.js';
import {
  WebhookReceiver,
  webhookSecret,
  type ReceiverAnswer,
} from '../../../../../test/support/webhook-receiver.js';
import { callWebhook } from './webhook-call.js';
import { webhookMessage } from './webhook-message.js';

/* One call: what is an answer, and what of it is told. */
let receiver: WebhookReceiver;
const receivers: WebhookReceiver[] = [];
beforeEach(async () => {
  receiver = await opened();
});
afterEach(async () => {
  await Promise.all(receivers.splice(0).map((each) => each.close()));
});

async function opened(secret?: string): Promise<WebhookReceiver> {
  const one = await WebhookReceiver.open(secret);
  receivers.push(one);
  return one;
}

const message = webhookMessage(entry(7, { reason: 'with ü and "quotes"' }));
const secret = webhookSecret;
const call = (url = receiver.url, timeoutMs = 10_000, signal = new AbortController().signal) =>
  callWebhook({ url, secret }, 'id-1', message, { timeoutMs, signal });

it('is signed so that the reference library takes it, and so that anybody can who knows HMAC', async () => {
  expect(await call()).toEqual({ kind: 'delivered' });
  expect(receiver.received).toEqual([{ ...message, id: 'id-1', path: '/hooks' }]);
  const { timestamp, signature, body } = receiver.raw[0]!;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const hmac = createHmac('sha256', key).update(`id-1.${timestamp}.${body}`).digest('base64');
  expect(signature).toBe(`v1,${hmac}`);
});

it('while a secret is replaced, whoever has the old one and whoever has the new one takes it', async () => {
  const fresh = `whsec_${Buffer.alloc(32, 'new').toString('base64')}`;
  const [behind, ahead] = [await opened(), await opened(fresh)];
  for (const { url } of [behind, ahead])
    expect(
      await callWebhook({ url, secret: [fresh, secret] }, 'id-1', message, {
        ...{ timeoutMs: 10_000, signal: new AbortController().signal },
      }),
    ).toEqual({ kind: 'delivered' });
  expect(behind.raw[0]!.signature).toMatch(/^v1,\S+ v1,\S+$/);
});

it('by another secret it is not taken', async () => {
  const stranger = await opened(`whsec_${Buffer.alloc(24).toString('base64')}`);
  expect(await call(stranger.url)).toEqual({ kind: 'failed', problem: 'it answers 401' });
  expect(stranger.received).toEqual([]);
});

const answers: [ReceiverAnswer, object][] = [
  [{ status: 200, body: 'a'.repeat(1_000_000) }, { kind: 'delivered' }],
  [{ status: 299 }, { kind: 'delivered' }],
  [
    { status: 410, body: 'hidden' },
    { kind: 'gone', problem: 'it answers 410 Gone' },
  ],
  [
    { status: 500, body: 'hidden' },
    { kind: 'failed', problem: 'it answers 500' },
  ],
  [
    { status: 429, headers: { 'retry-after': '7' } },
    { kind: 'failed', problem: 'it answers 429', retryAfterMs: 7_000 },
  ],
  [{ status: 304 }, { kind: 'failed', problem: 'it answers 304, which is not followed' }],
];
it.each(answers)('%j', async (answer, end) => {
  receiver.judge = () => answer;
  expect(await call()).toEqual(end);
});

it('who sends it elsewhere is not followed', async () => {
  const elsewhere = await opened();
  receiver.judge = () => ({ status: 307, headers: { location: elsewhere.url } });
  expect(await call()).toEqual({ kind: 'failed', problem: 'it answers 307, which is not followed' });
  expect(elsewhere.received).toEqual([]);
});

it('an answer that never ends is one, and is not read', async () => {
  receiver.judge = () => ({ status: 200, endless: true });
  expect(await call(receiver.url, 60_000)).toEqual({ kind: 'delivered' });
});

it('no answer in time, nobody there, no such name: the reason names no address', async () => {
  receiver.judge = () => undefined;
  expect(await call(receiver.url, 50)).toEqual({ kind: 'failed', problem: 'no answer in 0.05 s' });
  const nobody = `http://127.0.0.1:${await freePort()}/?key=hidden`;
  expect(await call(nobody)).toEqual({ kind: 'failed', problem: 'it cannot be reached (ECONNREFUSED)' });
  expect(await call('http://nobody.invalid/?key=hidden')).toEqual({
    kind: 'failed',
    problem: expect.stringMatching(/^it cannot be reached \(\w+\)$/),
  });
});

it('one that hangs has its time and no more, whatever is cleared away meanwhile', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  receiver.judge = () => undefined;
  const clearing = setInterval(collect, 20);
  try {
    expect(await call(receiver.url, 500)).toEqual({ kind: 'failed', problem: 'no answer in 0.5 s' });
  } finally {
    clearInterval(clearing);
  }
});

it('what is broken off is no failure of the receiver', async () => {
  const stop = new AbortController();
  receiver.judge = () => {
    stop.abort();
    return undefined;
  };
  expect(await call(receiver.url, 10_000, stop.signal)).toEqual({ kind: 'broken off' });
});
