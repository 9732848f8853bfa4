import { callWebhook } from '#strangler/control/webhooks/webhook-call';
import { webhookMessage } from '#strangler/control/webhooks/webhook-message';
import { freePort } from '../support/ports.js';
import { endAllPrograms, startProgram, type Program } from '../support/programs.js';
import { entry } from '../support/standing.js';
import { webhookSecret } from '../support/webhook-receiver.js';

/* The receiver that docs/operations.md shows takes what is sent, once, and nothing that is signed by somebody else. */
let receiver: Program;
let url: string;

beforeAll(async () => {
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  receiver = startProgram('examples/webhooks/src/main.js', [], { PORT: port, WEBHOOK_SECRET: webhookSecret });
  await receiver.printed(/^listening$/m);
});
afterAll(() => endAllPrograms());

const message = webhookMessage(entry(7));
const call = (id: string, secret = webhookSecret) =>
  callWebhook({ url, secret }, id, message, { timeoutMs: 10_000, signal: new AbortController().signal });

it('an entry is taken, and known when it comes again', async () => {
  expect([await call('one'), await call('one'), await call('two')]).toEqual(
    Array.from({ length: 3 }, () => ({ kind: 'delivered' })),
  );
  await receiver.printed(/^\{.*\n\{/m);
  const lines = receiver.output().trim().split('\n').slice(1);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([message, message]);
});

it('a stranger is refused', async () => {
  const stranger = `whsec_${Buffer.alloc(32).toString('base64')}`;
  expect(await call('three', stranger)).toEqual({ kind: 'failed', problem: 'it answers 401' });
});
