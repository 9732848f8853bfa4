import { retryAfterMs } from './back-off.js';
import type { Answer } from './outcome.js';

/** Longer than the shop itself ever takes: what is not answered by then is lost. */
const timeoutMs = 30_000;

export type Item = { sku: string; quantity: number };

/** The shop's HTTP API, as far as the replay needs it. An answer never throws, whatever it is, and if there is none. */
export class ShopClient {
  constructor(readonly url: string) {}

  /** Asks for a token. */
  logIn(email: string, password: string): Promise<Answer> {
    return this.post('/auth/token', {}, { email, password });
  }

  /** Orders, with a card that works. The same key takes effect once. */
  order(accessToken: string, key: string, items: readonly Item[]): Promise<Answer> {
    const headers = { authorization: `Bearer ${accessToken}`, 'idempotency-key': key };
    return this.post('/orders', headers, { items, payment: { token: 'tok_ok' } });
  }

  /** Reads what is at a path of the API. */
  read(path: string, accessToken?: string): Promise<Answer> {
    return this.send(path, { headers: accessToken ? { authorization: `Bearer ${accessToken}` } : {} });
  }

  private post(path: string, headers: Record<string, string>, body: object): Promise<Answer> {
    const json = { ...headers, 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers: json, body: JSON.stringify(body) });
  }

  private async send(path: string, request: RequestInit): Promise<Answer> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(`${this.url}/api/v1${path}`, { ...request, signal });
      return answerOf(response, await response.text());
    } catch (error) {
      return { status: 0, code: reasonOf(error as Error), body: {}, retryAfterMs: undefined };
    }
  }
}

function answerOf({ status, headers }: Response, text: string): Answer {
  const body = fieldsOf(text);
  const code = typeof body.code === 'string' ? body.code : undefined;
  return { status, code, body, retryAfterMs: retryAfterMs(headers.get('retry-after'), new Date().getTime()) };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `fetch` hides the reason in the cause. */
function reasonOf({ name, cause }: Error): string {
  if (name === 'TimeoutError') return 'no_answer_in_time';
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? 'connection_lost' : code.toLowerCase();
}
