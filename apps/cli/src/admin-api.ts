import { Failure, Misuse } from './failure.js';
import { callJson, NoAnswer, type Answer, type Call } from './http.js';
import type { Session } from './session.js';

/** Longer than the API takes to look into the databases of all modules. */
const readMs = 10_000;
/** Some actions are done when they are answered, and wait for a hand-off. */
const actMs = 60_000;

/** Whose admin API it is, for what is said when nobody answers. */
export interface Answering {
  /** `the shop` */
  name: string;
  /** The command that starts it. */
  start: string;
  /** The setting that names its admin API. */
  setting: string;
}

/** An admin API over HTTP. Every method throws {@link Failure}: refused (with the reason), not logged in, or nobody there. */
export class AdminApi {
  constructor(
    private readonly url: string,
    private readonly session: Session,
    private readonly of: Answering,
  ) {}

  get<T>(path: string): Promise<T> {
    return this.call<T>(path, { method: 'GET', timeoutMs: readMs });
  }

  async items<T>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path)).items;
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.call<T>(path, { method: 'POST', timeoutMs: actMs, body });
  }

  private async call<T>(path: string, call: Call): Promise<T> {
    const send = async () =>
      callJson(this.url + path, { ...call, authorization: await this.session.authorization() });
    const explained = (error: unknown) => explain(error, call, this.of);
    let answer = await send().catch(explained);
    if (answer.status === 401 && this.session.renew()) answer = await send().catch(explained);
    if (answer.status < 300) return answer.body as T;
    throw failureFor(answer, this.url, this.of);
  }
}

function explain(error: unknown, { method }: Call, { name, start, setting }: Answering): never {
  if (!(error instanceof NoAnswer)) throw error;
  if (error.reason === 'no_server') {
    throw new NoAnswer(
      error.reason,
      `${error.message}: start ${name} with "${start}", or name its admin API in ${setting}`,
    );
  }
  const unknown = method === 'POST' ? '; it may have been done: look with "status" and "history"' : '';
  throw new NoAnswer(error.reason, error.message + unknown);
}

function failureFor({ status, body }: Answer, url: string, { name, setting }: Answering): Failure {
  const said = typeof body.detail === 'string' ? body.detail : undefined;
  if (status === 409) return new Failure(`refused: ${said ?? 'not now'}`);
  if (status === 400) return new Misuse(said ?? 'the admin API does not understand this');
  if (status === 404)
    return new Failure(said ?? `what answers at ${url} is not the admin API: see ${setting}`);
  if (status === 401) return new Failure(`not logged in: ${said ?? 'the token is not accepted'}`);
  if (status === 403)
    return new Failure('this takes the role admin: log in as one with ADMIN_EMAIL and ADMIN_PASSWORD');
  const trace = typeof body.traceId === 'string' ? `; its log says more under ${body.traceId}` : '';
  return new Failure(`${name} at ${url} answers ${status}${said ? `: ${said}` : ''}${trace}`);
}
