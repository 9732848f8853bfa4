import { Failure, Misuse, Unknown } from './failure.js';
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
  /** The settings that name its admin API. */
  setting: string;
}

/** An admin API over HTTP. Every method throws {@link Failure}: refused (with the reason), not logged in, or nobody there. */
export class AdminApi {
  constructor(
    private readonly url: string | undefined,
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
    const { url } = this;
    if (url === undefined) throw new Unknown(noShop);
    const send = async () =>
      callJson(url + path, { ...call, authorization: await this.session.authorization() });
    const explained = (error: unknown) => explain(error, call, this.of);
    let answer = await send().catch(explained);
    if (answer.status === 401 && this.session.renew()) answer = await send().catch(explained);
    // Others say 200 to anything, with a page.
    if (answer.status < 300 && Object.keys(answer.body).length > 0) return answer.body as T;
    throw failureFor(answer, call, url, this.of);
  }
}

const noShop =
  'there is no shop here (MODULES=none), so there are no modules; routes of the gateway begin with /, as /catalogue';

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

function failureFor(
  { status, body }: Answer,
  { method }: Call,
  url: string,
  { name, setting }: Answering,
): Failure {
  const said = typeof body.detail === 'string' ? body.detail : undefined;
  // What is asked for here can always be read there.
  if (status < 300 || (status === 404 && said === undefined) || (status === 400 && method === 'GET'))
    return new Failure(`what answers at ${url} is not the admin API of ${name}: see ${setting}`);
  if (status === 409) return new Failure(`refused: ${said ?? 'not now'}`);
  if (status === 400) return new Misuse(said ?? 'the admin API does not understand this');
  if (status === 404) return new Unknown(said);
  if (status === 401) return new Failure(`not logged in: ${said ?? 'the token is not accepted'}`);
  if (status === 403)
    return new Failure(
      'this takes the role admin: log in as one with ADMIN_EMAIL and ADMIN_PASSWORD, or ADMIN_TOKEN',
    );
  const trace = typeof body.traceId === 'string' ? `; its log says more under ${body.traceId}` : '';
  return new Failure(`${name} at ${url} answers ${status}${said ? `: ${said}` : ''}${trace}`);
}
