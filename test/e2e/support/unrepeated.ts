import { randomUUID } from 'node:crypto';
import type { Client } from '../../support/shop.js';
import { pause, until } from '../../support/until.js';

/** A request that its client does not send again. */
export interface Sent {
  /** Of its own: what is found there later, this request has done. */
  readonly subject: string;
  /** 0: nobody answered. */
  readonly status: number;
  /** Of the problem document, if it was one. */
  readonly code?: string | undefined;
}

/** Sends one that has the number `n`. */
type Send = (n: number) => Promise<Sent>;

const thinkMs = 30;

/** Clients of whom each sends one request at a time, until they are told to stop. */
export class Unrepeated {
  readonly sent: Sent[] = [];
  private stopping = false;
  private readonly working: Promise<unknown>;

  constructor(clients: readonly Send[]) {
    this.working = Promise.all(clients.map((send) => this.run(send)));
    // Told to who stops them.
    this.working.catch(() => undefined);
  }

  /** Resolves once so many more were answered as they should be. */
  async answered(count: number): Promise<void> {
    const goal = this.good.length + count;
    await until(`${count} more are answered`, () => (this.good.length >= goal ? true : undefined));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.working;
  }

  get good(): Sent[] {
    return this.sent.filter(isGood);
  }

  get bad(): Sent[] {
    return this.sent.filter((each) => !isGood(each));
  }

  private async run(send: Send): Promise<void> {
    for (let n = 0; !this.stopping; n++) {
      this.sent.push(await send(n));
      await pause(thinkMs);
    }
  }
}

const isGood = ({ status }: Sent): boolean => status >= 200 && status < 400;

/**
 * Adds a piece to a product of its own, without a key. Where the answer is an error that names one, it asks by that what has become of the
 * request, until it knows.
 */
export function restocking(admin: Client): Send {
  const name = randomUUID().slice(0, 8).toUpperCase();
  return async (n) => {
    const subject = `${name}-${n}`;
    const path = `/api/v1/products/${subject}`;
    const product = { description: subject, price: { amount: 1, currency: 'GBP' }, onHand: 0 };
    // This one may be sent again.
    await until(`${subject} is there`, async () => {
      const put = await settled(() => admin.send('PUT', path, product));
      return put?.status === 200 ? true : undefined;
    });
    const restock = (headers: Record<string, string> = {}) =>
      settled(() => admin.send<{ code?: string }>('POST', `${path}/restock`, { quantity: 1 }, headers));
    let answer = await restock();
    const key = answer?.headers.get('idempotency-key');
    if (key && answer && answer.status >= 500)
      answer = await until(`${subject} is answered`, async () => {
        const again = await restock({ 'idempotency-key': key });
        return again && again.status < 500 ? again : undefined;
      });
    return { subject, status: answer?.status ?? 0, code: answer?.body.code };
  };
}

/** A customer of examples/legacy-app, with his session. */
export interface Visitor {
  /** Puts one piece of a product into the basket, another one each time: `T-0`, `T-1` … */
  readonly add: Send;
  /** Reads the catalogue; the status is that of the answer. */
  readonly look: Send;
}

export async function visitor(url: string): Promise<Visitor> {
  const email = `${randomUUID()}@harbour.example`;
  const form = new URLSearchParams({ email, name: 'Ada', password: 'anchors aweigh' });
  const signedUp = await fetch(`${url}/signup`, { method: 'POST', body: form, redirect: 'manual' });
  const cookie = signedUp.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const ask = async (subject: string, path: string, body?: URLSearchParams): Promise<Sent> => {
    const headers = { cookie, accept: 'application/json' };
    const method = body ? 'POST' : 'GET';
    const answer = await settled(() =>
      fetch(url + path, { method, headers, redirect: 'manual', ...(body && { body }) }),
    );
    const text = await answer?.text();
    return { subject, status: answer?.status ?? 0, code: /"code":"(\w+)"/.exec(text ?? '')?.[1] };
  };
  return {
    add: (n) => {
      const sku = `T-${n}`;
      return ask(`${email} ${sku}`, '/basket', new URLSearchParams({ sku, quantity: '1' }));
    },
    look: (n) => ask(`${n}`, `/catalogue?page=${1 + (n % 12)}`),
  };
}

/** What it resolves to; `undefined`: no answer. */
const settled = <T>(ask: () => Promise<T>): Promise<T | undefined> => ask().catch(() => undefined);
