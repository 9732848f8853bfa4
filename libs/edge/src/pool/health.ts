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

/** Asks a copy again and again, one question at a time, about each `everyMs` (a fifth more or less: many gateways do not ask at once). @returns what ends it */
export function checkHealth(
  origin: string,
  { path, ca, everyMs, patienceMs, random }: CheckOptions,
  tell: (ok: boolean) => void,
): () => void {
  const ending = new AbortController();
  let timer = setTimeout(() => void check(), everyMs * random());
  const check = async () => {
    const ok = await answers(new URL(path, origin), { ca, patienceMs, signal: ending.signal });
    if (ending.signal.aborted) return;
    timer = setTimeout(() => void check(), everyMs * (0.8 + 0.4 * random()));
    tell(ok);
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
function answers(url: URL, { ca, patienceMs, signal }: Question): Promise<boolean> {
  const { get } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal, ...(ca && { ca }) }, (response) => {
      response.on('error', () => undefined).destroy();
      resolve((response.statusCode ?? 500) < 500);
    });
    const timer = setTimeout(() => request.destroy(), patienceMs);
    request
      .on('error', () => resolve(false))
      .on('close', () => {
        clearTimeout(timer);
        resolve(false);
      });
  });
}
