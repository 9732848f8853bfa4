import type { Abuse, Deed } from './deed.js';

/** How many clients there are. */
export const clients = 100;

/** A request of one of them. */
export interface Post {
  path: string;
  body: object;
  headers?: Record<string, string>;
}

/** Let in, refused, told to wait, or told to come again: all that may happen to one of a crowd. */
const expected: ReadonlySet<number> = new Set([201, 401, 429, 503]);

/** Clients who ask as fast as they get answers, and heed no `Retry-After`. */
export const crowd = (name: string, postsOf: (url: string) => Promise<() => Post>): Abuse => ({
  name,
  attack: async ({ url }, stop) => {
    const next = await postsOf(url);
    const deed: Deed = { requests: 0, largestAnswer: 0 };
    const one = async () => {
      while (!stop.aborted) await post(url, next(), deed);
    };
    await Promise.all(Array.from({ length: clients }, one));
    return deed;
  },
});

/** Sends one request, and notes its answer. @throws on a status that nobody of a crowd may get. */
export async function post(url: string, { path, body, headers = {} }: Post, deed: Deed): Promise<void> {
  const answer = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { byteLength } = await answer.arrayBuffer();
  deed.requests++;
  deed.largestAnswer = Math.max(deed.largestAnswer, byteLength);
  if (!expected.has(answer.status)) throw new Error(`${path}: ${answer.status}`);
}
