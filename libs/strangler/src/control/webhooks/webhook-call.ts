import { Webhook } from 'standardwebhooks';
import { release } from '../../database/release.js';
import type { WebhookMessage } from './webhook-message.js';
import { secretsOf, type WebhookOptions } from './webhook-options.js';
import { retryAfterIn } from './webhook-tries.js';

/** What a receiver has made of a message. */
export type CallEnd =
  | { kind: 'delivered' }
  /** It wants no more of them, for good. */
  | { kind: 'gone'; problem: string }
  | { kind: 'failed'; problem: string; retryAfterMs?: number | undefined }
  /** It was broken off here, and nobody knows. */
  | { kind: 'broken off' };

/** How it is called. */
export interface CallLimits {
  /** For its answer, in ms. */
  timeoutMs: number;
  /** Breaks it off. */
  signal: AbortSignal;
}

const gone = 410;

/**
 * Calls a receiver once, as Standard Webhooks has it. Nothing of what it answers is kept but the status: it may have in it what it was sent.
 * `id`: by which it knows a message that it has had.
 */
export async function callWebhook(
  webhook: Pick<WebhookOptions, 'url' | 'secret'>,
  id: string,
  message: WebhookMessage,
  { timeoutMs, signal }: CallLimits,
): Promise<CallEnd> {
  const body = JSON.stringify(message);
  const now = new Date();
  const { calling, end } = within(timeoutMs, signal);
  try {
    const {
      status,
      headers,
      body: answer,
    } = await fetch(webhook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': `nestjs-strangler/${release}`,
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': signaturesOf(webhook, id, now, body),
      },
      body,
      // It was named by an operator; whom it names is not.
      redirect: 'manual',
      signal: calling,
    });
    await answer?.cancel().catch(() => undefined);
    return endOf(status, retryAfterIn(headers.get('retry-after'), new Date().getTime()));
  } catch (error) {
    return signal.aborted
      ? { kind: 'broken off' }
      : { kind: 'failed', problem: problemOf(error as Error, timeoutMs) };
  } finally {
    end();
  }
}

/**
 * Aborts after so many ms, or with `signal`. Not by `AbortSignal.any`: it does not hold the timeout that it is given, and once that is
 * cleared away nothing ends a call for five minutes (nodejs/node#57736).
 */
function within(ms: number, signal: AbortSignal): { calling: AbortSignal; end: () => void } {
  const calling = new AbortController();
  const breakOff = (): void => calling.abort();
  const late = setTimeout(() => calling.abort(new DOMException('late', 'TimeoutError')), ms);
  signal.addEventListener('abort', breakOff);
  if (signal.aborted) breakOff();
  const end = (): void => {
    clearTimeout(late);
    signal.removeEventListener('abort', breakOff);
  };
  return { calling: calling.signal, end };
}

/** One by each secret, as Standard Webhooks lists them. */
const signaturesOf = (webhook: Pick<WebhookOptions, 'secret'>, ...of: [string, Date, string]): string =>
  secretsOf(webhook)
    .map((secret) => new Webhook(secret).sign(...of))
    .join(' ');

function endOf(status: number, retryAfterMs: number | undefined): CallEnd {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === gone) return { kind: 'gone', problem: 'it answers 410 Gone' };
  const redirect = status >= 300 && status < 400 ? ', which is not followed' : '';
  return { kind: 'failed', problem: `it answers ${status}${redirect}`, retryAfterMs };
}

/** The code alone: messages name addresses. */
function problemOf({ name, cause }: Error, timeoutMs: number): string {
  if (name === 'TimeoutError') return `no answer in ${timeoutMs / 1_000} s`;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return `it cannot be reached (${code ?? 'no connection'})`;
}
