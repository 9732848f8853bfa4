import { Failure, Misuse, Unknown } from '../failure.js';
import { callJson, NoAnswer, type Answer, type Call } from './http.js';

/** Longer than the API takes to look into the databases of all modules. */
const readMs = 10_000;
/** Some actions are done when they are answered, and wait for a hand-off. */
const actMs = 60_000;

/**
 * How the operator says who he is.
 *
 * @example
 * ```ts
 * const operator: Session = { authorization: async () => `Bearer ${token}`, renew: () => false, takes: 'ADMIN_TOKEN may not do this' };
 * ```
 */
export interface Session {
  /** The header `Authorization`. @throws {Failure} saying why there is none and what to do. */
  authorization(): Promise<string>;
  /** The last one was not good any more: the next is a new one. Whether there can be a new one. */
  renew(): boolean;
  /** What is said to somebody who is known and may not do it. */
  readonly takes: string;
}

/**
 * Where an admin API is, and what is said of it when it does not answer.
 *
 * @example
 * ```ts
 * const shop: AdminAddress = {
 *   ...{ url: 'http://127.0.0.1:3001', name: 'the shop', start: 'start the shop with "npm start"' },
 *   ...{ setting: 'ADMIN_URL', absent: 'there is no shop here' },
 * };
 * ```
 */
export interface AdminAddress {
  /** Without a slash at the end; left out: there is none. */
  readonly url?: string | undefined;
  /** `the shop` */
  readonly name: string;
  /** What to do when nothing answers: `start the shop with "npm start"`. */
  readonly start: string;
  /** The settings that name it. */
  readonly setting: string;
  /** What is said where there is none. */
  readonly absent: string;
}

/** An admin API over HTTP. Every method throws {@link Failure}: refused (with the reason), not logged in, or nobody there. */
export class AdminApi {
  constructor(
    private readonly of: AdminAddress,
    private readonly session: Session,
  ) {}

  /** Where something stands; `field`: what every such answer has. */
  get<T>(path: string, field = 'phase'): Promise<T> {
    return this.call<T>(path, { method: 'GET', timeoutMs: readMs }, field);
  }

  async items<T>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path, 'items')).items;
  }

  /** Asks for an action. */
  post<T>(path: string, body: object): Promise<T> {
    return this.call<T>(path, { method: 'POST', timeoutMs: actMs, body }, 'plan');
  }

  /** `field`: what every such answer has. */
  private async call<T>(path: string, call: Call, field: string): Promise<T> {
    const { url, absent } = this.of;
    if (url === undefined) throw new Unknown(absent);
    const send = async () => {
      const authorization = await this.session.authorization();
      return callJson(url + path, { ...call, authorization }).catch((error: unknown) =>
        explain(error, call, this.of),
      );
    };
    let answer = await send();
    if (answer.status === 401 && this.session.renew()) answer = await send();
    // Others say 200 to anything, with a page, or with JSON of their own.
    if (answer.status < 300 && (answer.body[field] ?? undefined) !== undefined) return answer.body as T;
    throw failureFor(answer, call, url, this.of, this.session);
  }
}

function explain(error: unknown, { method }: Call, { start, setting }: AdminAddress): never {
  if (!(error instanceof NoAnswer)) throw error;
  if (error.reason === 'no_server') {
    throw new NoAnswer(error.reason, `${error.message}: ${start}, or name its admin API in ${setting}`);
  }
  const unknown = method === 'POST' ? '; it may have been done: look with "status" and "history"' : '';
  throw new NoAnswer(error.reason, error.message + unknown);
}

function failureFor(
  { status, body }: Answer,
  { method }: Call,
  url: string,
  { name, setting }: AdminAddress,
  { takes }: Session,
): Failure {
  const said = typeof body.detail === 'string' ? body.detail : undefined;
  // What is asked for here can always be read there.
  if (status < 300 || (status === 404 && said === undefined) || (status === 400 && method === 'GET'))
    return new Failure(`what answers at ${url} is not the admin API of ${name}: see ${setting}`);
  if (status === 409) return new Failure(`refused: ${said ?? 'not now'}`);
  if (status === 400) return new Misuse(said ?? 'the admin API does not understand this');
  if (status === 404) return new Unknown(said);
  if (status === 401) return new Failure(`not logged in: ${said ?? 'the token is not accepted'}`);
  if (status === 403) return new Failure(takes);
  const trace = typeof body.traceId === 'string' ? `; its log says more under ${body.traceId}` : '';
  return new Failure(`${name} at ${url} answers ${status}${said ? `: ${said}` : ''}${trace}`);
}
