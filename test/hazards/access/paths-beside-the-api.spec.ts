import type { Elsewhere } from '#api';
import { closing, listening } from '../../support/http-server.js';
import { sendRaw } from '../../support/raw.js';
import { edge } from '../../../libs/api/src/testing/edge.js';

/* What is not the API's, beside it. */
async function open(elsewhere: Elsewhere, burst = 100) {
  const perAddress = { perSecond: 0.01, burst, loopback: true };
  const shop = await edge({}, { rates: { perAddress } }, { elsewhere });
  const port = await listening(shop.server);
  const close = async () => {
    await closing(shop.server);
    await shop.app.close();
  };
  const ask = async (head: string) => {
    const text = await sendRaw(port, `${head} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    return Number(text.slice(9, 12));
  };
  return { ...shop, port, close, ask };
}

const others: Elsewhere = () => (_request, response) => void response.end('theirs');
/** Its body never comes. */
const slow = 'POST /old HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1';

test('who calls a path of the application a probe is counted, and stands in the log', async () => {
  const { close, ask, lines } = await open(others, 2);
  expect([await ask('GET /health/a'), await ask('GET /health/live/a'), await ask('GET /health/a')]).toEqual([
    200, 200, 429,
  ]);
  expect(await ask('GET /health/live')).toBe(200);
  expect(lines.map(({ path }) => path)).toEqual(['/health/a', '/health/live/a', '/health/a']);
  await close();
});

test('who is refused does not keep his connection with a body that does not end', async () => {
  const { close, port } = await open(others, 1);
  await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await sendRaw(port, slow)).toMatch(/^HTTP\/1\.1 429 [^]*\nConnection: close\r/);
  await close();
});

test('nor does who asks for what nobody has; and he is counted once', async () => {
  const { close, port } = await open(() => undefined);
  const answer = await sendRaw(port, slow);
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d [^]*\nConnection: close\r/);
  expect(answer.match(/^RateLimit: /gm)).toHaveLength(1);
  await close();
});
