import type { ActionAnswer } from '../../src/control/commands/operator.js';

/** What a verb does or would do, whatever it is for. */
export type Planned = Pick<ActionAnswer, 'plan' | 'refusal'>;

/** An answer that is none: refused, not logged in, or nobody there (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

const longestMs = 15_000;
/** Some actions are done when they are answered, and wait for a hand-off. */
const longestActMs = 60_000;

async function send(method: string, path: string, body?: object, timeoutMs = longestMs): Promise<Response> {
  const response = await fetch(path, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => Promise.reject(new Problem(0, 'the admin API does not answer')));
  if (response.ok) return response;
  const said = (await response.json().catch(() => ({}))) as { detail?: string; title?: string };
  throw new Problem(response.status, said.detail ?? said.title ?? `it answers ${response.status}`);
}

/** @throws {Problem} */
export const get = async <T>(path: string): Promise<T> => (await (await send('GET', path)).json()) as T;

/** Of a list. @throws {Problem} */
export const items = async <T>(path: string): Promise<T[]> => (await get<{ items: T[] }>(path)).items;

/** A verb and its parameters, of what stands at `path`. @throws {Problem} */
export const act = async (path: string, verb: string, parameters: object): Promise<Planned> =>
  (await (await send('POST', `${path}/${verb}`, parameters, longestActMs)).json()) as Planned;

/** @throws {Problem} */
export const logIn = async (how: { email: string; password: string } | { token: string }): Promise<void> => {
  await send('POST', 'session', how);
};

export const logOut = async (): Promise<void> => {
  await send('DELETE', 'session');
};
