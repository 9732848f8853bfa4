import http from 'node:http';
import https from 'node:https';

export interface HealthRule {
  /** Checks in a row that take a copy out. */
  readonly fall: number;
  /** Checks in a row that bring it back. */
  readonly rise: number;
}

export interface Health {
  readonly healthy: boolean;
  /** Checks in a row that spoke against it. */
  readonly against: number;
}

/** A copy counts as healthy until checks say otherwise: a start waits for nobody. */
export const presumedHealthy: Health = { healthy: true, against: 0 };

/** What a check says of a copy. @see HAProxy's `rise` and `fall` */
export function afterCheck({ healthy, against }: Health, ok: boolean, { rise, fall }: HealthRule): Health {
  if (ok === healthy) return { healthy, against: 0 };
  const needed = healthy ? fall : rise;
  return against + 1 >= needed ? { healthy: ok, against: 0 } : { healthy, against: against + 1 };
}

export interface CheckOptions {
  /** Asked for with GET; any answer below 500 is a good one. */
  path: string;
  /** In PEM, of copies that speak HTTPS. */
  ca?: string | undefined;
  everyMs: number;
  patienceMs: number;
  random: () => number;
}

/** Asks a copy again and again, one question at a time, about each `everyMs` (a fifth more or less: many gateways do not ask at once), and tells what is wrong with it; `undefined`: nothing. @returns what ends it */
export function checkHealth(
  origin: string,
  { path, ca, everyMs, patienceMs, random }: CheckOptions,
  tell: (trouble: string | undefined) => void,
): () => void {
  const ending = new AbortController();
  let timer = setTimeout(() => void check(), everyMs * random());
  const check = async () => {
    const trouble = await troubleOf(new URL(path, origin), { ca, patienceMs, signal: ending.signal });
    if (ending.signal.aborted) return;
    timer = setTimeout(() => void check(), everyMs * (0.8 + 0.4 * random()));
    tell(trouble);
  };
  return () => {
    clearTimeout(timer);
    ending.abort();
  };
}

interface Question extends Pick<CheckOptions, 'ca' | 'patienceMs'> {
  signal: AbortSignal;
}

/** Over a connection of its own: whether new ones are accepted is part of the question. */
function troubleOf(url: URL, { ca, patienceMs, signal }: Question): Promise<string | undefined> {
  const { get } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal, ...(ca && { ca }) }, (response) => {
      response.on('error', () => undefined).destroy();
      const { statusCode = 500 } = response;
      resolve(statusCode < 500 ? undefined : `GET ${url.pathname} is answered with ${statusCode}`);
    });
    const timer = setTimeout(() => {
      resolve(`GET ${url.pathname} has no answer within ${patienceMs} ms`);
      request.destroy();
    }, patienceMs);
    request
      .on('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message))
      .on('close', () => {
        clearTimeout(timer);
        resolve('the connection was closed');
      });
  });
}
