import { gzipSync } from 'node:zlib';
import { openAccount } from '../account.js';
import type { Abuse, Deed } from './deed.js';

interface Rubbish {
  path: string;
  body: Buffer;
  headers?: Record<string, string>;
}

const fields = (count: number): string => Array.from({ length: count }, (_, i) => `"f${i}":0`).join();
const items = (count: number): string =>
  `{"items":[${Array(count).fill('{}').join()}],"payment":{"token":"x"}}`;
const gzip = { 'content-encoding': 'gzip' };

/** The bodies that were worst before (ADR 0020), and the worst that the limits of today let through. */
const bodies: Record<string, Rubbish> = {
  '100,000 undeclared fields (1 MB)': { path: 'auth/token', body: Buffer.from(`{${fields(100_000)}}`) },
  '900 undeclared fields (10 kB)': { path: 'auth/token', body: Buffer.from(`{${fields(900)}}`) },
  '300,001 empty lines (0.9 MB)': { path: 'orders', body: Buffer.from(items(300_001)) },
  '43,000 empty lines (0.1 MB)': { path: 'orders', body: Buffer.from(items(43_000)) },
  '43,000 empty lines, packed': { path: 'orders', body: gzipSync(items(43_000)), headers: gzip },
  '60,000 lists in lists': {
    path: 'orders',
    body: Buffer.from(`{"items":${'['.repeat(60_000)}${']'.repeat(60_000)}}`),
  },
  '1,000 lines, all broken': { path: 'orders', body: Buffer.from(items(1_000)) },
};

/** One client with an account who sends the same rubbish as fast as he gets answers. */
export const megabytes: readonly Abuse[] = Object.entries(bodies).map(([name, { path, body, headers }]) => ({
  name,
  attack: async ({ url }, stop) => {
    const { token } = await openAccount(url);
    const all = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers };
    const deed: Deed = { requests: 0, largestAnswer: 0 };
    while (!stop.aborted) {
      const answer = await fetch(`${url}/api/v1/${path}`, {
        method: 'POST',
        headers: all,
        body: new Uint8Array(body),
      });
      const { byteLength } = await answer.arrayBuffer();
      deed.requests++;
      deed.largestAnswer = Math.max(deed.largestAnswer, byteLength);
      if (answer.status !== 400 && answer.status !== 413) throw new Error(`${name}: ${answer.status}`);
    }
    return deed;
  },
}));
