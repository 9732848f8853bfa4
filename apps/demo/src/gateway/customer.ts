import type { Outcome, Side } from './ledger.js';
import { moduleOf, type Visit } from './visits.js';

/** Longer than the application ever takes. */
const timeoutMs = 30_000;

/** A customer with a browser that keeps cookies and follows no redirect. */
export class Customer {
  private readonly cookies = new Map<string, string>();
  /** Pieces that he was told are in his basket. */
  added = 0;

  private constructor(private readonly url: string) {}

  /** Signs up. @throws when that is refused */
  static async signUp(url: string, name: string): Promise<Customer> {
    const customer = new Customer(url);
    const form = { email: `${name}@demo.example`, name, password: 'correct horse' };
    const { fault } = await customer.visit({
      ...{ route: 'the rest', method: 'POST', path: '/signup', form, status: 303 },
    });
    if (fault !== undefined) throw new Error(`nobody can sign up at ${url}: ${fault}`);
    return customer;
  }

  /** The same one at another address: with his session. */
  at(url: string): Customer {
    const other = new Customer(url);
    for (const [name, value] of this.cookies) other.cookies.set(name, value);
    return other;
  }

  /** Makes a visit, and judges the answer. Never throws. */
  async visit(visit: Visit): Promise<Outcome> {
    const began = performance.now();
    try {
      const response = await this.send(visit);
      const text = await response.text();
      const fault = faultIn(visit, response.status, text);
      if (fault === undefined && visit.adds) this.added++;
      const side = sideOf(visit.route, response.headers.get('x-served-by'));
      return { side, ms: performance.now() - began, fault };
    } catch (error) {
      return { side: undefined, ms: performance.now() - began, fault: reasonOf(error as Error) };
    }
  }

  /** What the basket holds, in pieces. @throws when there is no answer */
  async pieces(): Promise<number> {
    const response = await this.send({ method: 'GET', path: '/basket' }, 'application/json');
    const { lines } = (await response.json()) as { lines: { quantity: number }[] };
    return lines.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  private async send(
    { method, path, form }: Pick<Visit, 'method' | 'path' | 'form'>,
    accept = 'text/html',
  ): Promise<Response> {
    const body = form === undefined || form instanceof FormData ? form : new URLSearchParams(form);
    const response = await fetch(`${this.url}${path}`, {
      ...{ method, redirect: 'manual', ...(body && { body }) },
      headers: { accept, cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      signal: AbortSignal.timeout(timeoutMs),
    });
    for (const cookie of response.headers.getSetCookie()) this.keep(cookie);
    return response;
  }

  private keep(cookie: string): void {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (name !== undefined && value !== undefined) this.cookies.set(name, value);
  }
}

function faultIn({ status, text: wanted }: Visit, got: number, text: string): string | undefined {
  if (got !== status) return `${got} instead of ${status}`;
  return wanted === undefined || text.includes(wanted) ? undefined : `"${wanted}" is not in the answer`;
}

/** `/reports=legacy`, or `reports=monolith, /reports=new`: the module itself says that it has worked on it. */
function sideOf(route: Visit['route'], servedBy: string | null): Side | undefined {
  if (servedBy?.endsWith('=legacy')) return 'legacy';
  return servedBy?.endsWith('=new') && servedBy.includes(`${moduleOf(route)}=monolith`)
    ? 'module'
    : undefined;
}

/** `fetch` hides the reason in the cause. */
function reasonOf({ message, cause }: Error): string {
  const { code, message: why } = (cause ?? {}) as NodeJS.ErrnoException;
  return `no answer (${code ?? why ?? message})`;
}
