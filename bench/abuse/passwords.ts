import { randomUUID } from 'node:crypto';
import { clients, crowd, post } from './crowd.js';
import type { Abuse } from './deed.js';

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
