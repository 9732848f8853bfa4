import type { IncomingMessage } from 'node:http';
import { forwarded } from '../forwarded.js';
import { onward } from '../header-rules.js';
import { loopHeaders } from '../loop.js';
import type { Upstream } from '../upstream.js';
import { mostBytes } from './answer-tap.js';
import type { Answer } from './compare-answers.js';
import { wholeAnswer } from './whole-answer.js';

/** How long a copy may take, in ms. */
const patienceMs = 3_000;

/**
 * What asks another upstream the same as a GET or HEAD, once its client has his answer: with the client's own headers, and `X-Shadow-Request`, by
 * which an application can tell. `undefined`: it gave no answer in time, or one that cannot be compared.
 */
export function copyOf(
  request: IncomingMessage,
  proxies: number,
): (upstream: Upstream | undefined) => Promise<Answer | undefined> {
  const { method = 'GET', url: target = '/' } = request;
  const kept = onward(request.rawHeaders, request.headers.connection, true);
  const headers = [...kept, ...forwarded(request, proxies), ...loopHeaders, 'X-Shadow-Request', 'true'];
  return async (upstream) => {
    if (!upstream) return undefined;
    upstream.inFlight++;
    try {
      return await answerOf(upstream, [method, target, headers]);
    } catch {
      return undefined;
    } finally {
      upstream.inFlight--;
    }
  };
}

function answerOf(
  upstream: Upstream,
  [method, target, headers]: [method: string, target: string, headers: string[]],
): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const out = upstream.request(method, target, ['Host', upstream.host, ...headers]);
    const timer = setTimeout(() => out.destroy(new Error('no answer in time')), patienceMs);
    out.once('close', () => clearTimeout(timer));
    out.once('error', reject);
    out.once('response', (answer) => {
      bodyOf(answer).then((body) => resolve(wholeAnswer(headOf(answer), body)), reject);
      // The rest of one that is too large is of no use.
      answer.once('close', () => out.destroy());
    });
    out.end();
  });
}

const headOf = ({ statusCode = 0, headers }: IncomingMessage) => ({
  status: statusCode,
  header: (name: string) => headers[name]?.toString(),
});

async function bodyOf(answer: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
