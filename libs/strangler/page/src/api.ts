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

const lacks = new Set<string>();
/** What the page has asked for so far and the listener does not have. Where `page --url` leads, an older release may run. */
export const lacking: ReadonlySet<string> = lacks;

/** There is no such path at all; what is there says itself what it does not find. */
const isOfNobody = ({ detail = 'Cannot' }: { detail?: string }): boolean => detail.startsWith('Cannot');

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
  if (response.status === 404 && isOfNobody(said)) {
    const missing = `${method} /${path.split('?')[0]}`;
    if (method === 'GET') lacks.add(missing);
    throw new Problem(404, `the admin API is of an older release, which has no ${missing}`);
  }
  throw new Problem(response.status, said.detail ?? said.title ?? `it answers ${response.status}`);
}

/** @throws {Problem} */
export const get = async <T>(path: string): Promise<T> => (await (await send('GET', path)).json()) as T;

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
