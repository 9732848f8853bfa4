import { randomUUID } from 'node:crypto';
import type { Abuse, Deed } from './deed.js';

const clients = 100;
const headers = { 'content-type': 'application/json' };

interface Post {
  path: string;
  body: object;
}

/** Let in, refused, told to wait, or told to come again: all that may happen to someone who brings a password. */
const expected: ReadonlySet<number> = new Set([201, 401, 429, 503]);

/** A hundred clients who ask for the hash of a password as fast as they get answers, and heed no `Retry-After`. */
const crowd = (name: string, postsOf: (url: string) => Promise<() => Post>): Abuse => ({
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

async function post(url: string, { path, body }: Post, deed: Deed): Promise<void> {
  const answer = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const { byteLength } = await answer.arrayBuffer();
  deed.requests++;
  deed.largestAnswer = Math.max(deed.largestAnswer, byteLength);
  if (!expected.has(answer.status)) throw new Error(`${path}: ${answer.status}`);
}

const someone = () => ({ email: `${randomUUID()}@shop.example`, password: randomUUID() });

/** Password hashes take a processor and 19 MiB each, and anybody may ask for them. */
export const passwords: readonly Abuse[] = [
  crowd(`${clients} clients log in`, async (url) => {
    const login = someone();
    await post(url, { path: 'users', body: { ...login, name: 'Ann' } }, { requests: 0, largestAnswer: 0 });
    return () => ({ path: 'auth/token', body: login });
  }),
  crowd(`${clients} clients register`, () =>
    Promise.resolve(() => ({ path: 'users', body: { ...someone(), name: 'Ann' } })),
  ),
];

/** Comes last: from then on nobody logs in from here for a while. */
export const guesses = crowd(`${clients} clients guess passwords`, () =>
  Promise.resolve(() => ({ path: 'auth/token', body: someone() })),
);
